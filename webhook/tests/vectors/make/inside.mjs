// Providers that put the signature or a token into the body. No SDK of theirs judges; the formula is that of their pages.
import { VectorFile, hmac, sha256 } from './case.mjs';
import { NOT_UTF8, NOW_S } from './shared.mjs';

const base = { 'Content-Type': 'application/json' };

/**
 * The cases that all of them have. `tag(secret)` is the signature, `body(signature, event)` a body with it, or without
 * one for undefined, around an event or a usual one. `read(body)` is what is known of the event.
 */
async function insideSet({ name, madeBy, secrets, tag, body, read, event, other, more }) {
  const file = new VectorFile(name, madeBy, {
    secrets: secrets.slice(0, 1), now_ms: NOW_S * 1000, method: 'POST', url: `https://hooks.example.com/hooks/${name}`, headers: base,
  });
  const [live, old, foreign] = secrets;
  const good = body(tag(live));
  const verified = (what, sent, more = {}) =>
    file.add({ name: what, body: sent, expect: 'verified', secret: 0, ...read(sent), ...more });
  const refused = (what, sent, expect = 'mismatch', more = {}) => file.add({ name: what, body: sent, expect, ...more });

  await verified('a body as the provider sends it', good);
  await verified('a body with emoji, accents and CRLF', body(tag(live), event('Tidé 🌊 in,\r\ntide 🐚 out')));
  await verified('the same JSON with white space', JSON.stringify(JSON.parse(good), null, 2));
  await verified('a body of 30 KB', body(tag(live), event('tide '.repeat(6000))));
  await verified('signed with the second of two live secrets', body(tag(old)), { secrets: [live, old], secret: 1 });
  await verified('signed with the first of two live secrets', good, { secrets: [live, old] });
  await verified('another event, which the signature does not cover', body(tag(live), other));
  await refused('signed with a secret that is not ours', body(tag(foreign)));
  await refused('signed with a secret that is no longer live', body(tag(old)));
  await refused('half of the signature', body(tag(live).slice(0, tag(live).length / 2)));
  await refused('the signature and more', body(`${tag(live)}${tag(live)}`));
  await refused('neither hex nor base64 in place of the signature', body('!not*a-signature!'));
  await refused('one character of the signature changed', body((tag(live)[0] === 'a' ? 'b' : 'a') + tag(live).slice(1)));
  await refused('two signatures, joined as if they were a list', body(`${tag(live)},${tag(live)}`));
  await refused('no signature', body(undefined), 'missing');
  await refused('an empty signature', body(''), 'missing');
  await refused('a signature that is no text', good.replace(`"${tag(live)}"`, '{}'), 'missing');
  await refused('the signature in a header', body(undefined), 'missing', { headers: { ...base, 'X-Signature': tag(live) } });
  await refused('an empty body', '', 'missing');
  await refused('a body that is not JSON to its end', good.slice(0, -1), 'missing');
  await refused('a body that is not UTF-8', NOT_UTF8, 'missing');
  const name_of = good.slice(0, good.indexOf(`:"${tag(live)}"`)).match(/"[^"]*"$/)[0];
  const pair = `${name_of}:"${tag(live)}"`;
  await verified('the name of the signature twice, the right one last', good.replace(pair, `${name_of}:"${tag(foreign)}",${pair}`));
  await refused('the name of the signature twice, the right one first', good.replace(pair, `${pair},${name_of}:"${tag(foreign)}"`));
  await more?.({ file, verified, refused, good });
  return file;
}

const bodyRead = (type) => (body) => ({ identity: `sha256:${sha256(body)}`, event_type: type?.(JSON.parse(body)) });

const figma = () => insideSet({
  name: 'figma', madeBy: 'developers.figma.com, "Webhooks V2, Security"',
  secrets: ['figma-live-passcode', 'figma-older-passcode', 'the-passcode-of-somebody-else'],
  tag: (secret) => secret,
  body: (passcode, event = { file_name: 'Harbour map' }) =>
    JSON.stringify({ event_type: 'FILE_UPDATE', passcode, timestamp: '2025-10-09T08:53:20Z', webhook_id: '22', retries: 0, ...event }),
  event: (file_name) => ({ file_name }), other: { event_type: 'FILE_DELETE' },
  read: bodyRead(({ event_type }) => event_type),
  more: ({ verified }) => verified('a PING', '{"event_type":"PING","passcode":"figma-live-passcode","timestamp":"2025-10-09T08:53:20Z","webhook_id":"22"}'),
});

const microsoftGraph = () => insideSet({
  name: 'microsoft-graph', madeBy: 'learn.microsoft.com, "Receive change notifications through webhooks"',
  secrets: ['graph-live-state', 'graph-older-state', 'the-state-of-somebody-else'],
  tag: (secret) => secret,
  body: (clientState, event = {}) =>
    JSON.stringify({ value: [{ subscriptionId: '9a1e7c52', clientState, changeType: 'created', resource: 'users/3e1a9c52/messages/AAMk', ...event }] }),
  event: (resource) => ({ resource }), other: { changeType: 'deleted' },
  read: bodyRead(),
  more: async ({ verified, refused }) => {
    await refused('an empty batch', '{"value":[]}', 'missing');
    const batch = (...states) => JSON.stringify({ value: states.map((clientState, at) => ({ subscriptionId: `${at}`, clientState })) });
    const [live, old, foreign] = ['graph-live-state', 'graph-older-state', 'the-state-of-somebody-else'];
    await verified('a batch of three', batch(live, live, live));
    await verified('a batch with both live states, the older one first', batch(old, live), { secrets: [live, old], secret: 1 });
    await refused('another state in the second item', batch(live, foreign));
    await refused('another state in the first item', batch(foreign, live));
    await refused('no state in the second item', batch(live, undefined), 'missing');
    await refused('no state in the first item', batch(undefined, live), 'missing');
    await refused('an item that is no object', `{"value":[{"clientState":"${live}"},"${live}"]}`, 'missing');
    await refused('the state beside the batch', `{"clientState":"${live}","value":[{"subscriptionId":"1"}]}`, 'missing');
    await refused('an item and no batch', `{"value":{"clientState":"${live}"}}`, 'missing');
    await refused('two batches, the right one first', `{"value":[{"clientState":"${live}"}],"value":[{"clientState":"${foreign}"}]}`);
  },
});

const TOKEN = '50e1d0c7b0f4f2a9b7c86d5e4f3a2b1c0d9e8f7a6b5c4d3e2f';
const mailgunTag = (secret, timestamp = `${NOW_S}`, token = TOKEN) => hmac('sha256', secret, timestamp, token).toString('hex');
const mailgunBody = (signature, event = {}, more = {}) => JSON.stringify({
  signature: { token: TOKEN, timestamp: `${NOW_S}`, signature, ...more },
  'event-data': { id: 'G9Bn5sl1TC6nu79C8C0bwg', event: 'delivered', recipient: 'marina@example.com', ...event },
});

const mailgun = () => insideSet({
  name: 'mailgun', madeBy: 'documentation.mailgun.com, "Securing Webhooks"; node:crypto',
  secrets: ['tidegate-signing-key', 'an-older-signing-key', 'the-key-of-somebody-else'],
  tag: mailgunTag, body: mailgunBody, event: (subject) => ({ subject }), other: { event: 'failed' },
  read: (body) => ({ identity: JSON.parse(body).signature.token, event_type: JSON.parse(body)['event-data'].event }),
  more: async ({ verified, refused, good }) => {
    const [live, old] = ['tidegate-signing-key', 'an-older-signing-key'];
    await verified('a signature in upper-case hex', mailgunBody(mailgunTag(live).toUpperCase()));
    await verified('a timestamp that is a number', good.replace(`"${NOW_S}"`, `${NOW_S}`));
    await verified("a subaccount's event, signed by the parent account", mailgunBody(mailgunTag(old), {}, { 'parent-signature': mailgunTag(live) }));
    await refused('the right tag in base64', mailgunBody(hmac('sha256', live, `${NOW_S}`, TOKEN).toString('base64')));
    await refused('a SHA-1 tag', mailgunBody(hmac('sha1', live, `${NOW_S}`, TOKEN).toString('hex')));
    await refused('a tag of the whole event', mailgunBody(hmac('sha256', live, good).toString('hex')));
    await refused('another token', good.replace(TOKEN, `${TOKEN.slice(1)}0`));
    await refused('a timestamp that was not the one signed', good.replace(`"${NOW_S}"`, `"${NOW_S + 1}"`));
    await refused('no token', good.replace(`"token":"${TOKEN}",`, ''), 'missing');
    await refused('no timestamp', good.replace(`"timestamp":"${NOW_S}",`, ''), 'missing');

    const at = (skew_s, ms = 0) => ({ now_ms: (NOW_S + skew_s) * 1000 + ms });
    await verified('the last second of the tolerance', good, at(86400));
    await verified('the last millisecond of the tolerance', good, at(86400, 999));
    await refused('one second past the tolerance', good, 'stale', at(86401));
    await verified('as far in the future as tolerated', good, at(-86400));
    await refused('one second too far in the future', good, 'stale', at(-86401));
    await refused('stale and altered is only called altered', good.replace(TOKEN, `${TOKEN.slice(1)}0`), 'mismatch', at(86401));
    for (const text of ['+1760000000', 'abc', '0x68e77800', '99999999999999999999']) {
      const body = mailgunBody(mailgunTag(live, text), {}, { timestamp: text });
      await refused(`signed with the timestamp ${text}`, body, 'timestamp_unreadable');
    }
  },
});

export const insideFamily = [figma, mailgun, microsoftGraph];
