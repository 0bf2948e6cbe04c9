"""Answers for slack_sdk on standard input and output: one JSON request in, one JSON answer out."""

import json
import sys

from slack_sdk.signature import Clock, SignatureVerifier


class Fixed(Clock):
    def __init__(self, seconds):
        self.seconds = seconds

    def now(self):
        return self.seconds


asked = json.load(sys.stdin)
body = bytes.fromhex(asked["body_hex"])
verifier = SignatureVerifier(asked["secret"], Fixed(asked.get("now_ms", 0) / 1000))
if asked["do"] == "sign":
    print(json.dumps(verifier.generate_signature(timestamp=asked["timestamp"], body=body)))
else:
    print(json.dumps(verifier.is_valid_request(body, asked["headers"])))
