// Stripe: generateTestHeaderString and verifyHeader of stripe-node.
import Stripe from 'stripe';
import { VectorFile, header, hmac, sha256 } from './case.mjs';
import { NOW_S, addShared, addTimed } from './shared.mjs';

const SIGNATURE = 'Stripe-Signature';
const BY_HAND = 'node:crypto, because the SDK signs whole seconds only';
const secrets = ['whsec_example_live', 'whsec_example_older', 'whsec_example_foreign'];
const body = '{\n  "id": "evt_1NG8Du2eZvKYlo2CUI79vXWy",\n  "object": "event",\n  "type": "payment_intent.succeeded"\n}';
const base = { 'Content-Type': 'application/json; charset=utf-8' };
const { webhooks } = new Stripe('sk_test_example');
const read = (bytes) =>
  bytes === body
    ? { identity: 'evt_1NG8Du2eZvKYlo2CUI79vXWy', event_type: 'payment_intent.succeeded' }
    : { identity: `sha256:${sha256(bytes)}` };

export async function stripe() {
  const file = new VectorFile(
    'stripe',
    'stripe 23.1.0 (npm), webhooks.generateTestHeaderString, checked with webhooks.signature.verifyHeader',
    { secrets: secrets.slice(0, 1), now_ms: NOW_S * 1000, method: 'POST', url: 'https://hooks.example.com/hooks/stripe' },
    async (request, secret) =>
      webhooks.signature.verifyHeader(request.bytes, header(request, SIGNATURE), secret, 300, undefined, request.now_ms),
  );
  const tag = (secret, time, bytes) => hmac('sha256', secret, `${time}.`, bytes).toString('hex');
  const kind = {
    secrets, body, base, read, signature: SIGNATURE, prefix: 'v1=',
    altered: body.replace('succeeded', 'succeedeD'),
    emoji: '{"note":"Tidé 🌊 in,\r\ntide 🐚 out"}',
    time: { tolerance_s: 300, item: true },
    sign: (secret, payload, timestamp) => ({ [SIGNATURE]: webhooks.generateTestHeaderString({ payload, secret, timestamp }) }),
    signByHand: (secret, bytes, time) => ({ [SIGNATURE]: `t=${time},v1=${tag(secret, time, bytes)}` }),
  };
  file.kind = kind;
  await addShared(file, kind);
  await addTimed(file, kind, {
    future: 'the SDK lets timestamps of the future in',
    unreadable: (text) => ({
      made_by: BY_HAND,
      headers: { ...base, [SIGNATURE]: `t=${text},v1=${tag(secrets[0], text, body)}` },
    }),
  });

  const good = { ...base, ...kind.sign(secrets[0], body, NOW_S) };
  const digest = good[SIGNATURE].split('v1=')[1];
  const old = kind.sign(secrets[1], body, NOW_S)[SIGNATURE].split('v1=')[1];
  const sent = (value) => ({ ...base, [SIGNATURE]: value });
  const verified = (name, value, more = {}) =>
    file.add({ name, headers: sent(value), body, expect: 'verified', secret: 0, ...read(body), ...more });
  const refused = (name, value, expect, more = {}) => file.add({ name, headers: sent(value), body, expect, ...more });

  await verified('two v1 in rotation, ours first', `t=${NOW_S},v1=${digest},v1=${old}`);
  await verified('two v1 in rotation, ours second', `t=${NOW_S},v1=${old},v1=${digest}`);
  await verified('a v0 beside v1, as test mode sends', `t=${NOW_S},v1=${digest},v0=${old}`);
  await verified('the timestamp behind the signature', `v1=${digest},t=${NOW_S}`);
  await verified('a signature in upper-case hex', `t=${NOW_S},v1=${digest.toUpperCase()}`, {
    sdk_differs: 'the SDK compares text; hex has no case',
  });
  await verified('a space behind the comma', `t=${NOW_S}, v1=${digest}`, {
    sdk_differs: 'the SDK does not expect white space; proxies that join headers add it',
  });
  await refused('the same JSON, serialised again', good[SIGNATURE], 'mismatch', { body: JSON.stringify(JSON.parse(body)) });
  await refused('only the signature of another', `t=${NOW_S},v1=${old},v1=${old}`, 'mismatch');
  await refused('only a v0', webhooks.generateTestHeaderString({ payload: body, secret: secrets[0], timestamp: NOW_S, scheme: 'v0' }), 'mismatch');
  await refused('only a v2', `t=${NOW_S},v2=${digest}`, 'mismatch');
  await refused('a signature without its prefix', `t=${NOW_S},${digest}`, 'mismatch');
  await refused('a timestamp and no signature', `t=${NOW_S}`, 'mismatch');
  await refused('a signature and no timestamp', `v1=${digest}`, 'missing');
  await refused('an empty timestamp', `t=,v1=${digest}`, 'mismatch');
  await refused('a timestamp that was not the one signed', `t=${NOW_S + 1},v1=${digest}`, 'mismatch');
  await refused('a plus before the timestamp that was signed', `t=+${NOW_S},v1=${digest}`, 'mismatch', {
    sdk_differs: 'the SDK verifies the number that it reads, not the header as sent',
  });
  await refused('a timestamp of letters', `t=abc,v1=${digest}`, 'mismatch');
  await refused('a fresh timestamp before the one that was signed', `t=${NOW_S + 9},t=${NOW_S},v1=${digest}`, 'mismatch', {
    sdk_differs: 'the SDK takes the last timestamp, we take the first; what was signed must match either way',
  });
  await refused('a timestamp in milliseconds', kind.sign(secrets[0], body, NOW_S * 1000)[SIGNATURE], 'stale', {
    sdk_differs: 'the SDK lets timestamps of the future in',
  });
  return file;
}
