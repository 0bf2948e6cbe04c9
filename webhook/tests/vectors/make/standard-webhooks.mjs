// Standard Webhooks and Svix, which is the same scheme under other header names; the example of the Svix docs.
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { VectorFile, hmac, sha256 } from './case.mjs';
import { NOW_S, addShared, addTimed, without } from './shared.mjs';
import { atTime } from './timed-clock.mjs';

const secrets = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'whsec_b2xkb2xkb2xkb2xkb2xkb2xkb2xk', 'whsec_Zm9yZWlnbmZvcmVpZ25mb3JlaWdu'];
const ID = 'msg_2KWPBgLlAfxdpx2AI54pPJ85f4W';
const BY_HAND = 'node:crypto, because the SDK signs whole seconds only';
const body = '{"type":"contact.created","data":{"id":"1f81eb52"}}';

export const standardWebhooks = () =>
  make('standard-webhooks', 'webhook', StandardWebhook, 'standardwebhooks 1.1.1 (npm), Webhook.sign, checked with Webhook.verify; the example of docs.svix.com');
export const svix = () =>
  make('svix', 'svix', SvixWebhook, 'svix 1.99.1 (npm), Webhook.sign, checked with Webhook.verify; the example of docs.svix.com');

async function make(provider, family, Webhook, madeBy) {
  const [idName, timeName, signatureName] = ['id', 'timestamp', 'signature'].map((part) => `${family}-${part}`);
  const file = new VectorFile(
    provider, madeBy,
    { secrets: secrets.slice(0, 1), now_ms: NOW_S * 1000, method: 'POST', url: `https://hooks.example.com/hooks/${provider}` },
    ({ text, headers, now_ms }, secret) => atTime(now_ms, () => {
      try {
        new Webhook(secret).verify(text, headers);
      } catch (error) {
        // The verifier parses the payload once the signature is right; what it parses is not our question here.
        if (!(error instanceof SyntaxError)) return false;
      }
      return true;
    }),
  );
  const base = { 'content-type': 'application/json', [idName]: ID };
  const keyOf = (secret) => Buffer.from(secret.replace('whsec_', ''), 'base64');
  const tag = (secret, id, time, bytes) => `v1,${hmac('sha256', keyOf(secret), `${id}.${time}.`, bytes).toString('base64')}`;
  const read = (bytes) => ({ identity: ID, event_type: bytes === body ? 'contact.created' : undefined });
  const kind = {
    secrets, body, base, read, signature: signatureName, prefix: 'v1,', trims: true,
    altered: body.replace('contact', 'Contact'),
    emoji: '{"note":"Tidé 🌊 in,\r\ntide 🐚 out"}',
    time: { tolerance_s: 300, item: false },
    sign: (secret, text, time) => ({
      [timeName]: String(time), [signatureName]: new Webhook(secret).sign(ID, new Date(time * 1000), text),
    }),
    signByHand: (secret, bytes, time) => ({ [timeName]: String(time), [signatureName]: tag(secret, ID, time, bytes) }),
  };
  file.kind = kind;

  await file.add({
    name: 'the documented example', body: '{"test": 2432232314}', now_ms: 1614265330000, expect: 'verified', secret: 0,
    headers: {
      'content-type': 'application/json', [idName]: 'msg_p5jXN8AQM9LWM0D4loKWxJek', [timeName]: '1614265330',
      [signatureName]: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    },
    identity: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  });
  await addShared(file, kind);
  await addTimed(file, kind, {
    unreadable: (text) => ({
      made_by: BY_HAND,
      headers: { ...base, [timeName]: text, [signatureName]: tag(secrets[0], ID, text, body) },
    }),
  });

  const good = { ...base, ...kind.sign(secrets[0], body, NOW_S) };
  const value = good[signatureName];
  const alone = value.slice('v1,'.length);
  const sent = (replacement) => ({ ...good, [signatureName]: replacement });
  const verified = (name, more) => file.add({ name, headers: good, body, expect: 'verified', secret: 0, ...read(body), ...more });
  const refused = (name, headers, expect, more = {}) => file.add({ name, headers, body, expect, ...more });

  const old = kind.sign(secrets[1], body, NOW_S)[signatureName];
  await verified('two signatures in rotation, ours first', { headers: sent(`${value} ${old}`) });
  await verified('two signatures in rotation, ours second', { headers: sent(`${old} ${value}`) });
  await verified('an asymmetric signature and a later version beside ours', { headers: sent(`v1a,${alone} v2,${alone} ${value}`) });
  await verified('a secret without its prefix', { secrets: [secrets[0].replace('whsec_', '')] });
  await verified('a signature without its padding', {
    headers: sent(value.replace(/=+$/, '')), sdk_differs: 'the SDK compares text; the bytes are the same',
  });
  await refused('the same JSON, serialised again', good, 'mismatch', { body: JSON.stringify(JSON.parse(body), null, 2) });
  await refused('only signatures of others', sent(`${old} ${old}`), 'mismatch');
  await refused('only an asymmetric signature', sent(`v1a,${alone}`), 'mismatch');
  await refused('only a later version', sent(`v2,${alone}`), 'mismatch');
  await refused('a signature without its version', sent(alone), 'mismatch');
  await refused('two signatures, joined with a comma', sent(`${value},${value}`), 'mismatch', {
    sdk_differs: 'the SDK drops whatever follows a second comma; the list is one of spaces',
  });
  await refused('the right tag in hex', sent(`v1,${Buffer.from(alone, 'base64').toString('hex')}`), 'mismatch');
  await refused('no id header', without(good, idName), 'missing');
  await refused('a blank id header', { ...good, [idName]: '' }, 'missing');
  await refused('the id of another message', { ...good, [idName]: 'msg_somethingElse' }, 'mismatch');
  await refused('no timestamp header', without(good, timeName), 'missing');
  await refused('a blank timestamp header', { ...good, [timeName]: ' ' }, 'missing');
  await refused('a timestamp that was not the one signed', { ...good, [timeName]: String(NOW_S + 1) }, 'mismatch');
  await refused('text after the timestamp that was signed', { ...good, [timeName]: `${NOW_S}abc` }, 'mismatch', {
    sdk_differs: 'the SDK verifies the digits that it reads from the front, not the header as sent',
  });
  await refused('a timestamp in milliseconds', {
    ...base, ...kind.sign(secrets[0], body, NOW_S * 1000),
  }, 'stale');
  if (provider === 'svix') {
    const standard = { 'webhook-id': ID, 'webhook-timestamp': good[timeName], 'webhook-signature': value };
    await refused('the header names of Standard Webhooks', { 'content-type': 'application/json', ...standard }, 'missing', {
      sdk_differs: 'the SDK takes either family; ours is named by the source, as "standard-webhooks" or "svix"',
    });
  }
  return file;
}
