"""What the emulator's own table, stream, queues and bucket say of the events, held against what must come of them.

It asks the services and reads no log of ours. Every difference is a sentence.
"""

import json
import time

# How long the queue may take to become empty. One invocation that overran would show its messages again after the
# queue's 180 s.
SETTLE_S = 240
LETTERS_AT_ONCE = 10


def wait_until_empty(sqs, queue_url):
    """Waits until no message is left, hidden ones among them. A message is deleted only when its event is settled."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"]
    give_up = time.monotonic() + SETTLE_S
    while True:
        counts = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=names)["Attributes"]
        left = sum(int(counts[name]) for name in names)
        if left == 0 or time.monotonic() > give_up:
            return left
        time.sleep(0.2)


def rows(dynamodb, table):
    """The whole table, by keys."""
    pages = dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    items = [{name: next(iter(value.values())) for name, value in item.items()} for page in pages for item in page["Items"]]
    return {(item["pk"], item["sk"]): item for item in items}


def settlements(streams, stream_arn):
    """How often each key was written as done or dead, as the table's stream has it."""
    times = {}
    for shard in streams.describe_stream(StreamArn=stream_arn)["StreamDescription"]["Shards"]:
        shard = {"StreamArn": stream_arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        place = streams.get_shard_iterator(**shard)["ShardIterator"]
        # The shard of a table that is there never ends, so an empty answer is the last one.
        while place:
            answer = streams.get_records(ShardIterator=place)
            place = answer.get("NextShardIterator") if answer["Records"] else None
            for change in (record["dynamodb"] for record in answer["Records"]):
                if change.get("NewImage", {}).get("status", {}).get("S") in ("done", "dead"):
                    key = change["Keys"]["pk"]["S"], change["Keys"]["sk"]["S"]
                    times[key] = times.get(key, 0) + 1
    return times


def letters(sqs, queue_url):
    """The whole dead-letter queue. What is received stays hidden, so an empty answer is the end."""
    found = []
    while True:
        answer = sqs.receive_message(
            QueueUrl=queue_url, MaxNumberOfMessages=LETTERS_AT_ONCE, MessageAttributeNames=["All"], VisibilityTimeout=600
        )
        if not answer.get("Messages"):
            return found
        for message in answer["Messages"]:
            found.append({name: value["StringValue"] for name, value in message.get("MessageAttributes", {}).items()})


def bodies(s3, bucket):
    """The large bodies in the bucket, by source and SHA-256: their keys are bodies/SOURCE/DAY/SHA-256 and .deflate."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    keys = [item["Key"].split("/") for page in pages for item in page.get("Contents", [])]
    return sorted((key[1], key[-1].removesuffix(".deflate")) if len(key) == 4 else tuple(key) for key in keys)


def differences(answers, left, found, settled, dead, stored):
    """Everything against everything."""
    for delivery, status, body, _ in answers:
        name = f"{delivery.kind} {delivery.source} {delivery.event_id}"
        if status != delivery.status:
            yield f"{name} was answered {status}, expected {delivery.status}: {body[:80]}"
        elif delivery.answer is not None and body != delivery.answer:
            yield f"{name} was answered {body[:80]!r}, expected {delivery.answer!r}"
    if left:
        yield f"{left} messages are left in the queue, expected none"

    events = {(one.event.key, "table"): one.event for one, *_ in answers if one.event}
    for key in sorted(found.keys() - events.keys()):
        yield f"the row {' '.join(key)} is of no event that was let in"
    for key, event in sorted(events.items()):
        row = found.get(key)
        if row is None:
            yield f"{event.key} has no row"
            continue
        yield from row_differences(event, row)
        if settled.get(key, 0) != 1:
            yield f"{event.key} was settled {settled.get(key, 0)} times, expected once"

    by_event = {}
    for letter in dead:
        by_event.setdefault(f"{letter.get('source')}#{letter.get('identity')}", []).append(letter.get("reason"))
    expected = {event.key: [event.reason] for event in events.values() if event.reason}
    for key in sorted(by_event.keys() | expected.keys()):
        if by_event.get(key) != expected.get(key):
            yield f"the letters of {key} say {by_event.get(key)}, expected {expected.get(key)}"

    large = sorted((event.source, event.stored_sha256) for event in events.values() if event.stored_sha256)
    if stored != large:
        yield f"the bucket has {stored}, expected {large}"


def row_differences(event, row):
    """What is wrong with the row of one event."""
    status = "dead" if event.reason else "done"
    if row.get("status") != status:
        yield f"{event.key} is {row.get('status')}, expected {status}"
    elif row.get("reason") != event.reason:
        yield f"{event.key} is dead of {row.get('reason')}, expected {event.reason}"
    elif event.reason is None and json.loads(row.get("result", "null")) != event.result:
        yield f"the result of {event.key} is not its payload"
