"""Deliveries signed as seven providers sign them, by hmac of the standard library and nothing of ours.

`tidegate send` signs with the rules that also verify: what both had wrong would not show. Each function is written
from the provider's documentation, takes the event's id, the payload and the Unix time in seconds, and gives headers,
body and the event's identity, which is the second half of its row's key.
"""

import base64
import hashlib
import hmac
import json
from urllib.parse import urlencode


def mac(secret, signed, algorithm=hashlib.sha256):
    return hmac.new(secret, signed, algorithm).digest()


def text(value):
    return base64.b64encode(value).decode()


def body_of(payload):
    """Payloads that are bytes already are signed as they are."""
    return payload if isinstance(payload, bytes) else json.dumps(payload, ensure_ascii=False).encode()


def github(secret, url, event_id, payload, now_s):
    body = body_of(payload)
    headers = {"x-github-delivery": event_id, "x-github-event": "pull_request"}
    headers["x-hub-signature-256"] = "sha256=" + mac(secret.encode(), body).hex()
    return headers, body, event_id


def shopify(secret, url, event_id, payload, now_s):
    body = body_of(payload)
    headers = {"x-shopify-webhook-id": event_id, "x-shopify-topic": "orders/create"}
    headers["x-shopify-hmac-sha256"] = text(mac(secret.encode(), body))
    return headers, body, event_id


def slack(secret, url, event_id, payload, now_s):
    body = body_of(payload | {"event_id": event_id})
    signature = mac(secret.encode(), f"v0:{now_s}:".encode() + body).hex()
    return {"x-slack-request-timestamp": str(now_s), "x-slack-signature": "v0=" + signature}, body, event_id


def stripe(secret, url, event_id, payload, now_s):
    body = body_of(payload | {"id": event_id})
    signature = mac(secret.encode(), f"{now_s}.".encode() + body).hex()
    return {"stripe-signature": f"t={now_s},v1={signature}"}, body, event_id


def standard_webhooks(secret, url, event_id, payload, now_s, prefix="webhook"):
    body = body_of(payload)
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signature = text(mac(key, f"{event_id}.{now_s}.".encode() + body))
    headers = {f"{prefix}-id": event_id, f"{prefix}-timestamp": str(now_s), f"{prefix}-signature": "v1," + signature}
    return headers, body, event_id


def svix(secret, url, event_id, payload, now_s):
    return standard_webhooks(secret, url, event_id, payload, now_s, prefix="svix")


def twilio(secret, url, event_id, payload, now_s):
    """Signs the URL and the form's fields in order; it is the signed fields that tell one event from another."""
    fields = payload | {"MessageSid": event_id}
    signed = "".join(name + fields[name] for name in sorted(fields)).encode()
    signature = text(mac(secret.encode(), url.encode() + signed, hashlib.sha1))
    headers = {"content-type": "application/x-www-form-urlencoded; charset=UTF-8", "x-twilio-signature": signature}
    return headers, urlencode(fields).encode(), "sha256:" + hashlib.sha256(signed).hexdigest()


SIGN = {
    "github": github,
    "shopify": shopify,
    "slack": slack,
    "standard-webhooks": standard_webhooks,
    "stripe": stripe,
    "svix": svix,
    "twilio": twilio,
}

WHSEC = "whsec_" + text(b"a test secret, no more")
SECRETS = {source: WHSEC if source in ("standard-webhooks", "svix") else f"the test secret of {source}" for source in SIGN}
OTHER_SECRETS = {source: "whsec_" + text(b"another test secret") for source in SIGN}
