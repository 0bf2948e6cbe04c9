// Providers that wrap an event in a form, with the signature beside it or in it; their SDKs judge.
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { VectorFile, hmac, sha256 } from './case.mjs';
import { NOT_UTF8, NOW_S } from './shared.mjs';

const require = createRequire(import.meta.url);
const braintreeSdk = require('braintree');
const { EventCallbackHelper, EventCallbackRequest } = require('@dropbox/sign');

const sha1 = (text) => createHash('sha1').update(text).digest('hex');
const BOUNDARY = '-----------------------7ddc2f1e';
const MULTIPART = { 'Content-Type': `multipart/form-data; boundary=${BOUNDARY}` };
const part = (name, text, more = '') =>
  `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${text}\r\n`;
const multipart = (...parts) => `${parts.join('')}--${BOUNDARY}--\r\n`;

/** What a framework would hand to the SDK: the first text field of the name. */
const jsonOf = (text) => {
  const at = text.indexOf(`form-data; name="json"\r\n\r\n`);
  return at < 0 ? text : text.slice(at + 26, text.indexOf(`\r\n--${BOUNDARY}`, at));
};

/** The SDK's verifier, which knows of no time and no secrets but one. */
function dropboxSignAccepts({ text }, apiKey) {
  const request = EventCallbackRequest.init(JSON.parse(jsonOf(text)));
  return EventCallbackHelper.isValid(apiKey, request);
}

async function dropboxSign() {
  const secrets = ['tidegate-live-api-key', 'an-older-api-key', 'the-key-of-somebody-else'];
  const [live, old, foreign] = secrets;
  const TYPE = 'signature_request_signed';
  const hash = (secret, time = NOW_S, type = TYPE) => hmac('sha256', secret, `${time}${type}`).toString('hex');
  const event = (event_hash, { event_time = `${NOW_S}`, event_type = TYPE, ...more } = {}) => JSON.stringify({
    event: { event_type, event_time, event_hash, event_metadata: { reported_for_account_id: '63522885' } },
    signature_request: { signature_request_id: 'fa5c8a0b0f49', title: 'Lease of berth 12', ...more },
  });
  const file = new VectorFile('dropbox-sign', '@dropbox/sign 1.11.0 (npm), checked with EventCallbackHelper.isValid; signed by node:crypto', {
    secrets: [live], now_ms: NOW_S * 1000, method: 'POST', url: 'https://hooks.example.com/hooks/dropbox-sign', headers: MULTIPART,
  }, dropboxSignAccepts);
  const read = (json) => ({ identity: `sha256:${sha256(json)}`, event_type: JSON.parse(json).event.event_type });
  const verified = (name, json, more = {}) =>
    file.add({ name, body: multipart(part('json', json)), expect: 'verified', secret: 0, ...read(json), ...more });
  const refused = (name, json, expect = 'mismatch', more = {}) =>
    file.add({ name, body: multipart(part('json', json)), expect, ...more });
  const good = event(hash(live));

  await verified('an event as Dropbox Sign sends it', good);
  await verified('an event with emoji, accents and CRLF', event(hash(live), { title: 'Tidé 🌊 in,\r\ntide 🐚 out' }));
  await verified('the same JSON with white space', JSON.stringify(JSON.parse(good), null, 2));
  await verified('an event of 200 KiB', event(hash(live), { title: 'tide '.repeat(41000) }));
  await verified('another document, which the signature does not cover', event(hash(live), { signature_request_id: '0' }));
  await verified('a signature in upper-case hex', event(hash(live).toUpperCase()), { sdk_differs: 'the SDK compares text; hex has no case' });
  await verified('signed with the second of two live secrets', event(hash(old)), { secrets: [live, old], secret: 1 });
  await verified('signed with the first of two live secrets', good, { secrets: [live, old] });
  await verified('a form with a file before it', good, {
    body: multipart(part('file', 'x', '; filename="a.pdf"'), part('json', good)),
  });
  await verified('a form with a file of the same name before it', good, {
    body: multipart(part('json', '{}', '; filename="a.json"'), part('json', good)),
  });
  await verified('a second field of the name, which is not read', good, { body: multipart(part('json', good), part('json', '{}')) });
  await verified('the event as JSON and no form', good, { body: good, headers: { 'Content-Type': 'application/json' } });

  await refused('another type', event(hash(live), { event_type: 'signature_request_declined' }));
  await refused('another time', event(hash(live), { event_time: `${NOW_S + 1}` }));
  await refused('signed with a secret that is not ours', event(hash(foreign)));
  await refused('signed with a secret that is no longer live', event(hash(old)));
  await refused('half of the signature', event(hash(live).slice(0, 32)));
  await refused('the signature and more', event(`${hash(live)}${hash(live)}`));
  await refused('two signatures, joined as if they were a list', event(`${hash(live)},${hash(live)}`));
  await refused('neither hex nor base64 in place of the signature', event('!not*a-signature!'));
  await refused('the right tag in base64', event(hmac('sha256', live, `${NOW_S}${TYPE}`).toString('base64')));
  await refused('a SHA-1 tag', event(hmac('sha1', live, `${NOW_S}${TYPE}`).toString('hex')));
  await refused('a tag of the whole form', event(hmac('sha256', live, multipart(part('json', good))).toString('hex')));
  await refused('no signature', event(undefined), 'missing');
  await refused('an empty signature', event(''), 'missing');
  const no = (name) => JSON.stringify({ event: { ...JSON.parse(good).event, [name]: undefined } });
  await refused('no time', no('event_time'), 'missing');
  await refused('no type', no('event_type'), 'missing');
  await refused('JSON that does not end', good.slice(0, -1), 'missing');
  await refused('an empty body', '', 'missing', { body: '' });
  await refused('a body that is not UTF-8', '', 'missing', { body: NOT_UTF8 });
  const whole = multipart(part('json', good));
  const differs = { sdk_differs: 'the SDK is handed the JSON; who takes it out of the form looks at this' };
  await refused('a form that is not closed', '', 'missing', { body: whole.replace(`--${BOUNDARY}--\r\n`, ''), ...differs });
  await refused('a form by another boundary', '', 'missing', { body: whole, headers: { 'Content-Type': 'multipart/form-data; boundary=b' }, ...differs });
  await refused('a form under another content type', '', 'missing', { body: whole, headers: { 'Content-Type': 'application/json' }, ...differs });
  await refused('another field of the form', '', 'missing', { body: whole.replace('"json"', '"data"') });
  await refused('the signature in a header', event(undefined), 'missing', { headers: { ...MULTIPART, 'X-Signature': hash(live) } });

  const at = (skew_s, ms = 0) => ({ now_ms: (NOW_S + skew_s) * 1000 + ms });
  const days = 4 * 86400;
  const clock = { sdk_differs: 'the SDK looks at no time' };
  await verified('the last millisecond of the tolerance', good, at(days, 999));
  await refused('one second past the tolerance', good, 'stale', { ...at(days + 1), ...clock });
  await verified('as far in the future as tolerated', good, at(-days));
  await refused('one second too far in the future', good, 'stale', { ...at(-days - 1), ...clock });
  await refused('stale and altered is only called altered', event(hash(live), { event_type: 'other' }), 'mismatch', at(days + 1));
  for (const text of ['+1760000000', 'abc', '99999999999999999999']) {
    await refused(`signed with the time ${text}`, event(hash(live, text), { event_time: text }), 'timestamp_unreadable', clock);
  }
  file.kind = {
    secrets, base: { 'Content-Type': 'application/json' }, covers: false, read,
    inBody: (secret) => {
      const time = Math.floor(Date.now() / 1000);
      return event(hash(secret, time), { event_time: `${time}` });
    },
    wrong: () => ({ 'half of the signature': [event(hash(live).slice(0, 32)), 'invalid'], 'no signature': [event(undefined), 'missing'] }),
  };
  return file;
}

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
const encoded = (pairs) => new URLSearchParams(pairs).toString();

const gatewayOf = (secret) => {
  const [publicKey, privateKey] = secret.split('|');
  return new braintreeSdk.BraintreeGateway({ environment: braintreeSdk.Environment.Sandbox, merchantId: 'tide', publicKey, privateKey });
};

/** The SDK's verifier. It also reads the XML, for which it has no time of its own. */
async function braintreeAccepts({ text }, secret) {
  const form = new URLSearchParams(text);
  await gatewayOf(secret).webhookNotification.parse(form.get('bt_signature'), form.get('bt_payload'));
  return true;
}

async function braintree() {
  const secrets = ['integration_public_key|integration_private_key', 'older_public_key|older_private_key', 'integration_public_key|key-of-somebody-else'];
  const [live, old, foreign] = secrets;
  const xml = (subject) => `<?xml version="1.0" encoding="UTF-8"?>\n<notification>\n  <kind>check</kind>\n  <timestamp type="datetime">2025-10-09T08:53:20Z</timestamp>\n  <subject>\n    <check type="boolean">true</check>\n    <note>${subject}</note>\n  </subject>\n</notification>\n`;
  const payload = (subject = 'tide') => `${Buffer.from(xml(subject)).toString('base64').replace(/.{60}/g, '$&\n')}\n`;
  const sign = (secret, text) => gatewayOf(secret).webhookTesting.sampleSignature(text);
  const form = (bt_signature, bt_payload = payload(), more = {}) => encoded({ bt_signature, bt_payload, ...more });
  const file = new VectorFile('braintree', 'braintree 3.40.0 (npm), signed by WebhookTestingGateway.sampleSignature, checked with WebhookNotificationGateway.parse', {
    secrets: [live], now_ms: NOW_S * 1000, method: 'POST', url: 'https://hooks.example.com/hooks/braintree', headers: FORM,
  }, braintreeAccepts);
  const read = (body) => ({ identity: `sha256:${sha256(new URLSearchParams(body).get('bt_payload'))}` });
  const verified = (name, body, more = {}) => file.add({ name, body, expect: 'verified', secret: 0, ...read(body), ...more });
  const refused = (name, body, expect = 'mismatch', more = {}) => file.add({ name, body, expect, ...more });
  const good = form(sign(live, payload()));
  const [publicKey, tag] = sign(live, payload()).split('|');

  await verified('a notification as Braintree sends it', good);
  await verified('a notification with emoji and accents', form(sign(live, payload('Tidé 🌊')), payload('Tidé 🌊')));
  await verified('a notification of 200 KiB', form(sign(live, payload('tide '.repeat(30000))), payload('tide '.repeat(30000))));
  const sample = gatewayOf(live).webhookTesting.sampleNotification('subscription_went_past_due', 'my_id');
  const dated = sample.bt_payload && Buffer.from(Buffer.from(sample.bt_payload, 'base64').toString()
    .replace(/<timestamp type="datetime">[^<]*</, '<timestamp type="datetime">2025-10-09T08:53:20Z<')).toString('base64');
  await verified("the SDK's own sample", form(sign(live, `${dated}\n`), `${dated}\n`));
  await verified('signed with the second of two live secrets', form(sign(old, payload())), { secrets: [live, old], secret: 1 });
  await verified('signed with the first of two live secrets', good, { secrets: [live, old] });
  await verified('signed with two keys, ours first', form(`${sign(live, payload())}&${sign(old, payload())}`));
  await verified('signed with two keys, ours second', form(`${sign(old, payload())}&${sign(live, payload())}`));
  await verified('a signature in upper-case hex', form(`${publicKey}|${tag.toUpperCase()}`), { sdk_differs: 'the SDK compares text; hex has no case' });
  await verified('a field that nobody signed', form(sign(live, payload()), payload(), { kind: 'other' }));
  await verified('a second payload, which is not read', `${good}&bt_payload=PHg%2BPC94Pg%3D%3D`);
  await verified('the payload before the signature', good.replace(/^(.*?)&(.*)$/, '$2&$1'));

  await refused('another payload', form(sign(live, payload()), payload('tids')));
  await refused('another payload before the one that is signed', `bt_payload=PHg%2BPC94Pg%3D%3D&${good}`);
  await refused('the line feed at the end of the payload cut off', form(sign(live, payload()), payload().trimEnd()), 'mismatch', {
    sdk_differs: 'the SDK also takes a payload that has lost it on its way to it; here nothing takes it away',
  });
  await refused('signed with a secret that is not ours', form(sign(foreign, payload())));
  await refused('signed with a secret that is no longer live', form(sign(old, payload())));
  await refused('the right tag under another public key', form(`older_public_key|${tag}`));
  await refused('the right tag under no public key', form(`|${tag}`));
  await refused('the right tag alone', form(tag));
  await refused('half of the signature', form(`${publicKey}|${tag.slice(0, 20)}`));
  await refused('the signature and more', form(`${publicKey}|${tag}${tag}`));
  await refused('neither hex nor base64 in place of the signature', form(`${publicKey}|!not*a-signature!`));
  await refused('nothing after the public key', form(`${publicKey}|`));
  const by = (hash, key, encoding) => form(`${publicKey}|${hmac(hash, key, payload()).toString(encoding)}`);
  const derived = Buffer.from(sha1('integration_private_key'), 'hex');
  await refused('the right tag in base64', by('sha1', derived, 'base64'));
  await refused('a SHA-256 tag', by('sha256', derived, 'hex'));
  await refused('a tag by the private key itself', by('sha1', 'integration_private_key', 'hex'));
  await refused('a tag by both keys as they are written', by('sha1', Buffer.from(sha1(live), 'hex'), 'hex'));
  await refused('no signature', encoded({ bt_payload: payload() }), 'missing');
  await refused('an empty signature', form(''), 'missing');
  await refused('no payload', encoded({ bt_signature: sign(live, payload()) }));
  await refused('an empty payload', form(sign(live, payload()), ''));
  await refused('an empty body', '', 'missing');
  await refused('a body that is not UTF-8', NOT_UTF8, 'missing');
  await refused('the form under another content type', good, 'missing', {
    headers: { 'Content-Type': 'application/json' }, sdk_differs: 'the SDK is handed the fields; who takes them out of the form looks at this',
  });
  await refused('the signature in a header', encoded({ bt_payload: payload() }), 'missing', { headers: { ...FORM, 'X-Signature': sign(live, payload()) } });
  // Whoever asks has a challenge signed, so that must not be a delivery.
  for (const challenge of ['20f9f8ed05f77439fe955c977e4c8a53', '20f9f8ed05f77439fe95']) {
    const answered = gatewayOf(live).webhookNotification.verify(challenge);
    await refused(`a challenge of ${challenge.length} digits, as it is answered`, form(answered, challenge), 'mismatch');
  }
  file.kind = {
    secrets, base: FORM, read, inBody: (secret) => form(sign(secret, payload())),
    wrong: () => ({
      'half of the signature': [form(`${publicKey}|${tag.slice(0, 20)}`), 'invalid'],
      'another payload': [form(sign(live, payload()), payload('tids')), 'invalid'],
      'no signature': [encoded({ bt_payload: payload() }), 'missing'],
    }),
  };
  return file;
}

export const formsFamily = [braintree, dropboxSign];
