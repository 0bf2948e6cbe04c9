"""The hundred deliveries: what each is, and what must come of it.

They are the same in every run, but for the time that they are signed at. 60 events are posted once and 20 of these
again, half of them at once with the first; 16 deliveries must be refused, 3 events must end as dead letters, and one
is a question whether we are there.
"""

import base64
import hashlib
import json
import random
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import signing

# How many good events of each source there are.
GOOD = {"github": 10, "shopify": 10, "slack": 9, "standard-webhooks": 9, "stripe": 10, "svix": 6, "twilio": 6}
HOUR_S = 3600
# What sources.toml redacts of the source shopify, as paths.
REDACTED = [["browser_ip"], ["contact_email"], ["email"], ["phone"], ["customer", "email"], ["customer", "phone"]]


@dataclass
class Event:
    """What must be found of one event."""

    source: str
    identity: str
    # What the default handler stores, which is the payload; None where the event must die.
    result: object = None
    # Why it must die.
    reason: str | None = None
    # The SHA-256 of its body, where no message has room for that.
    stored_sha256: str | None = None

    @property
    def key(self):
        return f"{self.source}#{self.identity}"


@dataclass
class Delivery:
    """One request, made when it is posted."""

    kind: str
    source: str
    event_id: str
    payload: object
    status: int = 200
    method: str = "POST"
    # The body of the answer, where it has to be a certain one.
    answer: str | None = None
    # What its event comes to; None where it must leave no trace.
    event: Event | None = None
    changes: dict = field(default_factory=dict)

    def request(self, url):
        """Headers and body, signed now, and then made wrong where they have to be."""
        sign = signing.SIGN.get(self.source, signing.github)
        secrets = signing.OTHER_SECRETS if self.changes.get("other_secret") else signing.SECRETS
        now_s = int(time.time()) + self.changes.get("off_s", 0)
        secret = secrets.get(self.source, "no secret at all")
        headers, body, _ = sign(secret, url + self.source, self.event_id, self.payload, now_s)
        if self.changes.get("unsigned"):
            headers = {name: value for name, value in headers.items() if "signature" not in name and "hmac" not in name}
        if self.changes.get("body"):
            body = body.replace(b"e", b"E", 1)
        return {"content-type": "application/json"} | headers | self.changes.get("headers", {}), body


def payloads(root):
    """The payload of each source, as the provider documents it."""
    folder = root / "events/payloads"
    read = {path.stem: json.loads(path.read_text()) for path in folder.glob("*.json") if path.stem in GOOD}
    return read | {"twilio": dict(parse_qsl((folder / "twilio.form").read_text().strip(), keep_blank_values=True))}


def plan(root, url):
    """All deliveries in the order in which they are posted: those that may go at once, and those that come after."""
    samples = payloads(root)
    good = [one for source, count in GOOD.items() for one in (good_one(source, n, samples, url) for n in range(count))]
    # A content type that API Gateway passes on as base64, as it does with Twilio's forms.
    encoded = next(one for one in good if one.source == "shopify")
    encoded.changes["headers"] = {"content-type": "application/octet-stream"}
    chance = random.Random(6)
    chance.shuffle(good)
    again = [Delivery("duplicate", one.source, one.event_id, one.payload, event=one.event) for one in good[:20]]
    rest = refused(samples, good) + dead() + [handshake()]
    at_once = good + rest
    chance.shuffle(at_once)
    for copy in again[:10]:
        first = next(place for place, one in enumerate(at_once) if one.event is copy.event)
        at_once.insert(first + 1, copy)
    return at_once, again[10:]


def good_one(source, number, samples, url):
    event_id, payload = f"{source}-good-{number}", samples[source]
    _, body, identity = signing.SIGN[source](signing.SECRETS[source], url + source, event_id, payload, 0)
    result = dict(parse_qsl(body.decode(), keep_blank_values=True)) if source == "twilio" else json.loads(body)
    for path in REDACTED if source == "shopify" else []:
        inner = result
        for name in path[:-1]:
            inner = inner.get(name) or {}
        inner.pop(path[-1], None)
    return Delivery("good", source, event_id, payload, event=Event(source, identity, result))


def refused(samples, good):
    """What must not be let in. Most have ids of their own, so that a row that one leaves is of no event."""

    def wrong(source, status, **changes):
        name = f"{source}-refused-{'-'.join(changes)}"
        return Delivery("refused", source, name, samples.get(source, {}), status, changes=changes)

    # These have the id of an event that is good, and must neither take its place nor change it.
    changed = [next(one for one in good if one.source == source) for source in ("github", "shopify", "stripe", "svix")]
    forged = [Delivery("refused", one.source, one.event_id, one.payload, 403, changes={"body": True}) for one in changed]
    forged += [wrong(source, 403, other_secret=True) for source in ("github", "slack", "twilio")]
    unsigned = [wrong(source, 401, unsigned=True) for source in ("github", "shopify", "standard-webhooks")]
    stale = [wrong(source, 403, off_s=-HOUR_S) for source in ("slack", "stripe", "svix")]
    future = [wrong("standard-webhooks", 403, off_s=HOUR_S)]
    unknown = [wrong("nobody", 404)]
    get = [Delivery("refused", "github", "github-refused-get", samples["github"], 405, method="GET")]
    return forged + unsigned + stale + future + unknown + get


def dead():
    """What is signed and cannot be acted on: cut off, against its contract, and too large for a row."""
    # No message has room for it, so that it lies in the bucket, and no row has room for what the handler returns.
    large = json.dumps({"text": base64.b64encode(random.Random(7).randbytes(1_200_000)).decode()}).encode()
    violated = "contract_violated"
    return [
        dead_one("github", "cut-off", b'{"signed": "but cut off', violated),
        dead_one("standard-webhooks", "without-data", {"type": "contact.created"}, violated),
        dead_one("github", "large", large, "result_too_large", hashlib.sha256(large).hexdigest()),
    ]


def dead_one(source, name, payload, reason, stored_sha256=None):
    event_id = f"{source}-dead-{name}"
    event = Event(source, event_id, reason=reason, stored_sha256=stored_sha256)
    return Delivery("dead", source, event_id, payload, event=event)


def handshake():
    payload = {"type": "url_verification", "challenge": "3eZbrw1aBm2rZgRNFdxV"}
    return Delivery("handshake", "slack", "slack-handshake", payload, answer=payload["challenge"])
