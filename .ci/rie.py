"""Holds the built functions against events/expected.json, under AWS's own Runtime Interface Emulator.

Usage: rie.py ROOT FUNCTIONS RIE ENGINE_URL, where FUNCTIONS holds ingest-fn/bootstrap and worker-fn/bootstrap, and
SQS, DynamoDB and SSM are at ENGINE_URL. It listens on loopback, and what it starts is gone when it ends.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from collections import Counter
from contextlib import contextmanager, suppress
from pathlib import Path

import boto3

STAGE = "rie"
# What the samples are signed with (`test_secret` in webhook/src/sign.rs); Standard Webhooks writes it in base64.
SECRET = "tidegate-test-secret"
SECRET_BASE64 = "whsec_dGlkZWdhdGUtdGVzdC1zZWNyZXQ="
START_S = 60
INVOKE_S = 60


class Aws:
    """What lies behind the functions, at one URL."""

    def __init__(self, url):
        self.environment = {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": url,
        }
        given = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
        self.sqs, self.dynamodb, self.ssm = (
            boto3.client(service, endpoint_url=url, **given) for service in ("sqs", "dynamodb", "ssm")
        )

    def queue(self, name):
        return self.sqs.create_queue(QueueName=name)["QueueUrl"]

    def drain(self, queue):
        """All messages of a queue, which is empty then."""
        drained = []
        asked = {"QueueUrl": queue, "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"]}
        while messages := self.sqs.receive_message(**asked).get("Messages"):
            for message in messages:
                self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            drained += messages
        return drained

    def table(self, name):
        keys = [("pk", "HASH"), ("sk", "RANGE")]
        self.dynamodb.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in keys],
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys],
        )
        return name

    def secrets(self, root):
        """The variables of the door's secrets, once those that lie in SSM are there."""
        variables = {"TIDEGATE_STAGE": STAGE}
        for source in tomllib.loads((root / "sources.toml").read_text()).values():
            secret = SECRET_BASE64 if source["provider"] in ("standard-webhooks", "svix") else SECRET
            where, _, name = source["secrets"][0].partition(":")
            if where == "ssm":
                self.ssm.put_parameter(Name=name.replace("{stage}", STAGE), Value=secret, Type="SecureString")
            else:
                variables[name] = secret
        return variables


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def until_it_listens(process, port):
    give_up = time.monotonic() + START_S
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > give_up:
                sys.exit(f"the emulator does not listen on port {port}")
            time.sleep(0.05)


@contextmanager
def function(rie, bootstrap, environment):
    """A way to invoke a function, once at a time: of two invocations at once the emulator dies."""
    port, runtime_port = free_port(), free_port()
    listen = f"--runtime-interface-emulator-address=127.0.0.1:{port}"
    runtime = f"--runtime-api-address=127.0.0.1:{runtime_port}"
    environment = {"PATH": os.environ["PATH"], "TIDEGATE_STACK": STAGE, **environment}
    # Its log and the function's come together, on standard error.
    emulator = subprocess.Popen(
        [rie, listen, runtime, bootstrap], env=environment, stdout=sys.stderr, start_new_session=True
    )

    def invoke(event):
        url = f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations"
        try:
            with urllib.request.urlopen(url, json.dumps(event).encode(), timeout=INVOKE_S) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            sys.exit(f"the emulator answers {error.code}: {error.read(500)}")

    try:
        until_it_listens(emulator, port)
        yield invoke
    finally:
        with suppress(ProcessLookupError):
            os.killpg(emulator.pid, signal.SIGKILL)
        emulator.wait(timeout=10)


def ingest(start, aws, root, events):
    """What the door answers to each event, and how many messages it sent."""
    queue = aws.queue("rie")
    with start("ingest-fn", {"TIDEGATE_QUEUE_URL": queue, **aws.secrets(root)}) as invoke:
        for name, event, expected in events:
            reply = invoke(event)
            answer = {"status": reply.get("statusCode"), "queued": len(aws.drain(queue))}
            if "body" in expected:
                answer["body"] = reply.get("body")
            accepted = expected["status"] == 200 and "body" not in expected
            yield name, answer, {**expected, "queued": int(accepted)}


def worker(start, aws, events):
    """What the worker makes of each batch, in a table of its own."""
    for name, event, expected in events:
        stem = name.removesuffix(".json")
        queue, letters, table = aws.queue(stem), aws.queue(f"{stem}-letters"), aws.table(stem)
        places = {"TIDEGATE_QUEUE_URL": queue, "TIDEGATE_DEAD_LETTER_QUEUE_URL": letters, "TIDEGATE_TABLE": table}
        with start("worker-fn", places) as invoke:
            failures = invoke(event).get("batchItemFailures")
        done = sum(row["status"]["S"] == "done" for row in aws.dynamodb.scan(TableName=table)["Items"])
        dead = Counter(letter["MessageAttributes"]["reason"]["StringValue"] for letter in aws.drain(letters))
        yield name, {"failures": failures, "done": done, "dead": dict(dead)}, expected


def main(root, functions, rie, engine_url):
    expectations = json.loads((root / "events/expected.json").read_text())
    files = {path.name for path in (root / "events").glob("*.json")} - {"expected.json"}
    if unlike := files ^ set(expectations):
        sys.exit(f"of these, either events/ or its expected.json knows nothing: {sorted(unlike)}")
    events = [(name, json.loads((root / "events" / name).read_text()), expectations[name]) for name in sorted(files)]
    aws = Aws(engine_url)

    def start(name, variables):
        return function(rie, str(functions / name / "bootstrap"), {**aws.environment, **variables})

    answered = list(ingest(start, aws, root, [event for event in events if event[0].startswith("ingest-")]))
    answered += worker(start, aws, [event for event in events if event[0].startswith("worker-")])
    wrong = [entry for entry in answered if entry[1] != entry[2]]
    for name, answer, expected in wrong:
        print(f"events/{name}: {json.dumps(answer)}, expected {json.dumps(expected)}")
    print(f"{len(answered) - len(wrong)} of {len(files)} events answered as expected under {Path(rie).name}")
    return int(bool(wrong) or len(answered) != len(files))


sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]))
