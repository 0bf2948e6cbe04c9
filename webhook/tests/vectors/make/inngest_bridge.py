"""Answers for inngest on standard input and output: a JSON request on each line in, a JSON answer on each line out."""

import json
import sys

from inngest._internal import net, server_lib

for line in sys.stdin:
    asked = json.loads(line)
    body = bytes.fromhex(asked["body_hex"])
    if asked["do"] == "sign":
        answer = net.sign_request(body, asked["secret"], asked["timestamp"])
    else:
        key = net.validate_request_sig(
            body=body,
            headers=asked["headers"],
            mode=server_lib.ServerKind.CLOUD,
            signing_key=asked["secret"],
            signing_key_fallback=None,
        )
        answer = key == asked["secret"]
    print(json.dumps(answer), flush=True)
