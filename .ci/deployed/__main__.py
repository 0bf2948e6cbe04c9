"""Deploys the translated template on an emulator, drives a hundred deliveries through its API and audits them.

Usage: python .ci/deployed TEMPLATE FUNCTIONS URL [NAME=VALUE...], which `.ci/deployed.sh` calls: the CloudFormation that
`.ci/translate.py` made, the folder with both functions' bootstraps, where the emulator listens, and parameters.
"""

import json
import sys
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import audit
import boto3
import deliveries
import deploy
import drive
from botocore.config import Config


def main(template, functions, engine, more):
    def aws(service):
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
        return boto3.client(service, endpoint_url=engine, config=Config(read_timeout=120), **keys)

    resources, outputs = deploy.deploy(aws, json.loads(template.read_text()), functions, more)
    # The table's own history, beside what it holds in the end. The template has no use for a stream.
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    table = aws("dynamodb").update_table(TableName=outputs["TableName"], StreamSpecification=stream)["TableDescription"]

    url = outputs["WebhookUrl"]
    place = urlsplit(engine).hostname, urlsplit(engine).port, resources["HttpApi"]["PhysicalResourceId"]
    at_once, after = deliveries.plan(Path(__file__).resolve().parents[2], url)
    answers = drive.post_all(place, at_once, url)
    answers += drive.post_all(place, after, url)

    left = audit.wait_until_empty(aws("sqs"), outputs["QueueUrl"])
    found = audit.rows(aws("dynamodb"), outputs["TableName"])
    settled = audit.settlements(aws("dynamodbstreams"), table["LatestStreamArn"])
    letters = audit.letters(aws("sqs"), outputs["DeadLetterQueueUrl"])
    bodies = audit.bodies(aws("s3"), outputs["BodiesBucketName"])
    wrong = list(audit.differences(answers, left, found, settled, letters, bodies))
    for difference in wrong:
        print(difference, file=sys.stderr)
    summary = f"{len(resources)} resources, {len(answers)} deliveries"
    if wrong:
        print(f"{summary}: {len(wrong)} not as it must be")
        return 1
    kinds = Counter(delivery.kind for delivery, *_ in answers)
    again = sum(tries - 1 for *_, tries in answers)
    print(
        f"{summary}: {kinds['good']} done once, {kinds['duplicate']} duplicates, {kinds['refused']} refused, "
        f"{kinds['dead']} dead, {kinds['handshake']} handshake, {again} told to come again; audit clean"
    )
    return 0


more = dict(argument.split("=", 1) for argument in sys.argv[4:])
sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], more))
