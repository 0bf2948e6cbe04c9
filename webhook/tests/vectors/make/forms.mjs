// Providers that wrap an event in a form, with the signature beside it or in it; their SDKs judge.
import { createRequire } from 'node:module';
import { VectorFile, hmac, sha256 } from './case.mjs';
import { NOT_UTF8, NOW_S } from './shared.mjs';

const require = createRequire(import.meta.url);
const { EventCallbackHelper, EventCallbackRequest } = require('@dropbox/sign');

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

export const formsFamily = [dropboxSign];
