// Providers that sign the URL that they call. Square, HubSpot and Mercado Pago are judged by their SDKs; Trello and
// Mandrill have none, their vectors follow the pages and the implementation that are named.
import hubspotPackage from '@hubspot/api-client/lib/src/utils/signature.js';
import mercadoPago from 'mercadopago';
import square from 'square';
import assert from 'node:assert/strict';
import querystring from 'node:querystring';
import { signRequest, verifyRequest } from '@contentful/node-apps-toolkit';
import plivoSdk from 'plivo/dist/utils/v3Security.js';
import { header, hmac, sha256 } from './case.mjs';
import { NOW_S, without } from './shared.mjs';
import { TEXT_COMPARED, TEXT_SIGNED, headersOf, standardSet } from './standard_set.mjs';
import { COUNTS_MS, PAST_ONLY, atTime, because, signedWith } from './timed-clock.mjs';
import { runTogether } from './twilio.mjs';

const { Signature } = hubspotPackage;
const { WebhooksHelper } = square;
const { WebhookSignatureValidator } = mercadoPago;

const {
  'a signature in upper-case hex': hex, 'a signature without its padding': padding, 'white space around the signature': space,
} = TEXT_COMPARED;
const BASE64_COMPARED = { 'a signature without its padding': padding, 'white space around the signature': space };
const HEX_COMPARED = { 'a signature in upper-case hex': hex, 'white space around the signature': space };
const PORTS = because(
  'the SDK takes the URL as it is given', 'signed with the default port, configured without',
  'signed without a port, configured with the default one', 'another port, signed without it',
);

/** The cases of a URL that is signed. `timed` is how the time is written in what is signed. */
async function addUrls(d, { verified, refused, good }, time = `${NOW_S}`) {
  const signed = (url) => ({ ...d.headers, ...headersOf({ ...defaults, ...d, url }, d.secrets[0], Buffer.from(d.body), time) });
  const url = `https://hooks.example.com/hooks/${d.name}`;
  const withPort = url.replace('.com', '.com:443');
  await verified('signed with the default port, configured without', signed(withPort));
  await verified('signed without a port, configured with the default one', signed(url), { url: withPort });
  const other = url.replace('.com', '.com:8443');
  await verified('another port, signed with it', signed(other), { url: other });
  await verified('another port, signed without it', good, { url: other });
  const odd = `${url}?name=O'Brien&empty=&plus=a+b&pct=%2f`;
  const query = odd.slice(odd.indexOf('?'));
  const inBody = d.identity === 'body' && { identity: `sha256:${sha256(Buffer.from(query + (d.parameters?.(d.body) ?? d.body)))}` };
  await verified('a query string is signed to the byte', signed(odd), { url: odd, ...inBody });
  await refused('the same query string, escaped otherwise', signed(odd), 'mismatch', { url: odd.replace('%2f', '%2F') });
  await refused('a query string that was not signed', good, 'mismatch', { url: `${url}?a=1` });
  await refused('another path', good, 'mismatch', { url: `${url}/other` });
  await refused('another host', good, 'mismatch', { url: url.replace('.com', '.org') });
  await refused('another protocol', good, 'mismatch', { url: url.replace('https', 'http') });
}
const defaults = { method: 'POST', hash: 'sha256', prefix: '', key: (secret) => Buffer.from(secret) };

function squareSet() {
  const signature = 'x-square-hmacsha256-signature';
  const d = {
    name: 'square', madeBy: 'square 46.0.0 (npm), checked with WebhooksHelper.verifySignature',
    secrets: ['asdf1234-signature-key', 'an-older-signature-key', 'the-key-of-somebody-else'],
    headers: { 'Content-Type': 'application/json', 'square-environment': 'Production' },
    body: '{"merchant_id":"6SSW7HV8K2ST5","type":"payment.updated","event_id":"6a8f5f28-54a1-4eb0-a98a-3111513fd4fc","data":{"type":"payment"}}',
    signature, encoding: 'base64', signed: (bytes, _, { url }) => [url, bytes],
    id: ['json:/event_id'], type: ['json:/type'],
    accepts: ({ text, headers, url }, signatureKey) => WebhooksHelper.verifySignature({
      requestBody: text, signatureHeader: header({ headers }, signature), signatureKey, notificationUrl: url,
    }),
    differs: { ...BASE64_COMPARED, ...TEXT_SIGNED, ...PORTS },
  };
  return standardSet({ ...d, more: (tools) => addUrls(d, tools) });
}

function trello() {
  const d = {
    name: 'trello', madeBy: 'developer.atlassian.com, Trello, "Webhooks", section "Webhook Signatures"; node:crypto',
    secrets: ['0123456789abcdef0123456789abcdef-secret', 'an-older-oauth-secret-äöü', 'the-secret-of-somebody-else'],
    body: '{"action":{"id":"69087a0e4f2c1b7a9d3e5f60","type":"updateCard","data":{"card":{"name":"Check the tides"}}},"model":{"id":"5f1d8a1b"}}',
    signature: 'X-Trello-Webhook', hash: 'sha1', encoding: 'base64', signed: (bytes, _, { url }) => [bytes, url],
    id: ['json:/action/id'], type: ['json:/action/type'],
  };
  return standardSet({ ...d, more: (tools) => addUrls(d, tools) });
}

function mandrill() {
  const parameters = (form) => runTogether(form.toString());
  const d = {
    name: 'mandrill', madeBy: 'django-anymail 15.2 (PyPI), webhooks/mandrill.py, the same formula; node:crypto',
    secrets: ['tidegate-webhook-key', 'an-older-webhook-key', 'the-key-of-somebody-else'],
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: 'mandrill_events=%5B%7B%22event%22%3A%22send%22%2C%22_id%22%3A%22a1b2c3%22%2C%22ts%22%3A1760000000%7D%5D',
    signature: 'X-Mandrill-Signature', hash: 'sha1', encoding: 'base64', identity: 'body', parameters,
    signed: (bytes, _, { url }) => [url, parameters(bytes)],
    read: (bytes) => ({ identity: `sha256:${sha256(parameters(bytes))}` }),
  };
  return standardSet({ ...d, more: async (tools) => {
    const { verified, refused, good } = tools;
    await addUrls(d, tools);
    const two = 'b=2&mandrill_events=%5B%5D&a=1';
    const signed = { ...d.headers, ...headersOf({ ...defaults, ...d, url: `https://hooks.example.com/hooks/mandrill` }, d.secrets[0], Buffer.from(two), '') };
    await verified('several parameters are sorted by name', signed, { body: two });
    await refused('a parameter added', good, 'mismatch', { body: `${d.body}&extra=1` });
    const asJson = { ...good, 'Content-Type': 'application/json' };
    await refused('the same bytes under another content type', asJson, 'missing');
  } });
}

const HUBSPOT_BODY = '[{"eventId":3816279340,"subscriptionId":25,"portalId":33,"occurredAt":1760000000000,"subscriptionType":"contact.creation","attemptNumber":0,"objectId":1246965}]';
const HUBSPOT = {
  secrets: ['232a9d3a-client-secret', 'an-older-client-secret-äöü', 'the-secret-of-somebody-else'],
  body: HUBSPOT_BODY, identity: 'body',
};
const hubspotMadeBy = (version) =>
  `@hubspot/api-client 14.0.1 (npm), Signature.getSignature with signatureVersion ${version}, checked with Signature.isValid`;
const hubspotSign = (version, signature, timestampHeader) => (clientSecret, requestBody, timestamp, { method, url }) => ({
  ...(timestampHeader && { [timestampHeader]: timestamp }),
  [signature]: Signature.getSignature(method, version, { url, clientSecret, requestBody, timestamp, signature: '' }),
});
const hubspotAccepts = (signatureVersion, name, timestampHeader) => ({ headers, text, method, url, now_ms }, clientSecret) =>
  atTime(now_ms, () => Signature.isValid({
    signatureVersion, method, url, clientSecret, requestBody: text, signature: header({ headers }, name),
    timestamp: timestampHeader && header({ headers }, timestampHeader),
  }));

function hubspot() {
  const [signature, timestamp] = ['X-HubSpot-Signature-v3', 'X-HubSpot-Request-Timestamp'];
  const d = {
    ...HUBSPOT, name: 'hubspot', madeBy: hubspotMadeBy('v3'), signature, encoding: 'base64',
    signed: (bytes, time, { method, url }) => [method, url, bytes, time],
    time: { header: timestamp, unit: 'ms', tolerance_s: 300 },
    sdkSign: hubspotSign('v3', signature, timestamp), accepts: hubspotAccepts('v3', signature, timestamp),
    differs: {
      ...BASE64_COMPARED, ...TEXT_SIGNED, ...PORTS, ...PAST_ONLY, ...COUNTS_MS,
      ...signedWith('the SDK reads what is no number as a fresh time', 'abc'),
      ...signedWith('the SDK lets timestamps of the future in', '99999999999999999999'),
    },
  };
  return standardSet({ ...d, more: async (tools) => {
    await addUrls(d, tools, `${NOW_S}000`);
    await tools.refused('another method', tools.good, 'mismatch', { method: 'PUT' });
  } });
}

/** A bare hash can be extended by whoever puts its padding into the body, which is no text. */
const NOT_TEXT = { 'a body that is not UTF-8': 'mismatch' };

function hubspotV1() {
  const signature = 'X-HubSpot-Signature';
  return standardSet({
    ...HUBSPOT, name: 'hubspot-v1', madeBy: hubspotMadeBy('v1'), signature,
    headers: { 'Content-Type': 'application/json', 'X-HubSpot-Signature-Version': 'v1' },
    signed: (bytes) => [bytes], tag: hashed,
    sdkSign: hubspotSign('v1', signature), accepts: hubspotAccepts('v1', signature),
    differs: HEX_COMPARED, expects: NOT_TEXT,
    more: async ({ verified, refused, good, sent }) => {
      await verified('another URL, which this version does not sign', good, { url: 'https://hooks.example.com/elsewhere' });
      await refused('an HMAC in place of the hash', sent(hmac('sha256', HUBSPOT.secrets[0], HUBSPOT_BODY).toString('hex')));
    },
  });
}

function hubspotV2() {
  const signature = 'X-HubSpot-Signature';
  const d = {
    ...HUBSPOT, name: 'hubspot-v2', madeBy: hubspotMadeBy('v2'), signature, encoding: 'hex',
    headers: { 'Content-Type': 'application/json', 'X-HubSpot-Signature-Version': 'v2' },
    signed: (bytes, _, { method, url }) => [method, url, bytes], tag: hashed,
    sdkSign: hubspotSign('v2', signature), accepts: hubspotAccepts('v2', signature),
    differs: { ...HEX_COMPARED, ...PORTS }, expects: NOT_TEXT,
  };
  return standardSet({ ...d, more: async (tools) => {
    await addUrls(d, tools);
    await tools.refused('another method', tools.good, 'mismatch', { method: 'PUT' });
  } });
}

/** A hash of the secret and what is signed, run together. */
function hashed(secret, pieces) {
  return Buffer.from(sha256(Buffer.concat([secret, ...pieces].map((piece) => Buffer.from(piece)))), 'hex');
}

function mercadoPagoSet() {
  const url = 'https://hooks.example.com/hooks/mercado-pago?data.id=123456789&type=payment';
  const manifest = (time, id, requestId) => `${id ? `id:${id};` : ''}${requestId ? `request-id:${requestId};` : ''}ts:${time};`;
  const d = {
    name: 'mercado-pago', madeBy: 'mercadopago 3.6.1 (npm), checked with WebhookSignatureValidator.validate, toleranceSeconds 300',
    url, covers: false, skip: ['stale and altered is only called altered'], list: ',', signature: 'x-signature', prefix: 'v1=',
    headers: { 'Content-Type': 'application/json', 'x-request-id': 'bb56a2f1-6aae-46ac-982e-9dcd3581d08e' },
    body: '{"action":"payment.updated","api_version":"v1","data":{"id":"123456789"},"id":118746290411,"type":"payment"}',
    signed: (_, time, { headers }) => [manifest(time, '123456789', headers['x-request-id'])],
    time: { item: 'ts=', unit: 's', tolerance_s: 300 },
    id: ['json:/id'], type: ['json:/action', 'json:/type'],
    accepts: (request, secret) => {
      const [xSignature, xRequestId] = [header(request, 'x-signature'), header(request, 'x-request-id')];
      const dataId = new URL(request.url).searchParams.get('data.id');
      WebhookSignatureValidator.validate({ xSignature, xRequestId, dataId, secret, toleranceSeconds: 300, now: () => request.now_ms });
      return true;
    },
    differs: {
      'a signature in upper-case hex': hex, ...COUNTS_MS,
      'the prefix in upper case': 'the SDK reads names in either case',
      'two signatures in rotation, ours first': 'the SDK takes the last of several signatures',
      'a time in milliseconds, as the documentation shows it': 'the SDK reads seconds only',
      'a time in milliseconds, the last second of the tolerance': 'the SDK reads seconds only',
    },
  };
  const { 'x-request-id': requestId, ...base } = d.headers;
  const signed = (time, id, request) => `ts=${time},v1=${hmac('sha256', 'tidegate-live-secret', manifest(time, id, request)).toString('hex')}`;
  const bare = url.split('?')[0];
  return standardSet({ ...d, more: async ({ verified, refused, good, sent }) => {
    const noId = { ...good, 'x-signature': signed(NOW_S, undefined, requestId) };
    await verified('without data.id, its part is left out', noId, { url: bare });
    await verified('without a request id, its part is left out', { ...base, 'x-signature': signed(NOW_S, '123456789') });
    await verified('with neither of them', { ...base, 'x-signature': signed(NOW_S) }, { url: bare });
    const escaped = url.replace('123456789', 'a%2Fb');
    await verified('data.id is signed as it reads, not as it is escaped', sent(signed(NOW_S, 'a/b', requestId)), { url: escaped });
    await refused('data.id left out of the URL', good, 'mismatch', { url: bare });
    await refused('the request id left out', without(good, 'x-request-id'));
    await refused('another data.id', good, 'mismatch', { url: url.replace('123456789', '123456780') });
    await refused('another request id', { ...good, 'x-request-id': 'aa56a2f1-6aae-46ac-982e-9dcd3581d08e' });
    await refused('a version that the scheme does not know', sent(good['x-signature'].replace('v1=', 'v2=')));
    const inMs = sent(signed(`${NOW_S}000`, '123456789', requestId));
    await verified('a time in milliseconds, as the documentation shows it', inMs);
    await verified('a time in milliseconds, the last second of the tolerance', inMs, { now_ms: (NOW_S + 300) * 1000 });
    await refused('a time in milliseconds, one second past the tolerance', inMs, 'stale', { now_ms: (NOW_S + 301) * 1000 });
  } });
}

function contentful() {
  const [signature, timestamp, list] = ['x-contentful-signature', 'x-contentful-timestamp', 'x-contentful-signed-headers'];
  const secrets = ['live', 'old', 'somebody-elses'].map((name) => sha256(name));
  const listed = [list, timestamp, 'x-contentful-topic'].sort();
  const d = {
    name: 'contentful', madeBy: '@contentful/node-apps-toolkit 3.16.1 (npm), signRequest, checked with verifyRequest, 30 s',
    secrets, identity: 'body', type: ['header:x-contentful-topic'],
    headers: { 'Content-Type': 'application/json', 'x-contentful-topic': 'ContentManagement.Entry.publish', [list]: listed.join(',') },
    body: '{"sys":{"type":"Entry","id":"4tideGate7Harbour","revision":3},"fields":{"title":{"en-US":"High tide"}}}',
    signature, time: { header: timestamp, unit: 'ms', tolerance_s: 30 },
    signed: (bytes, time, { method, url, headers }) => [contentfulText(method, url, { ...headers, [timestamp]: time }, headers[list].split(',')), bytes],
    sdkSign: (secret, body, time, { method, url }) => {
      const { [list]: names, ...signed } = signRequest(secret, {
        method, path: new URL(url).pathname, headers: { 'x-contentful-topic': d.headers['x-contentful-topic'] }, body,
      }, Number(time));
      assert.equal(names, d.headers[list]);
      return signed;
    },
    accepts: ({ method, url, headers, text, now_ms }, secret) => atTime(now_ms, () =>
      verifyRequest(secret, { method, path: new URL(url).pathname + new URL(url).search, headers, body: text })),
    differs: {
      'a signature in upper-case hex': hex, ...TEXT_SIGNED, ...PAST_ONLY,
      'the last second of the tolerance': 'the SDK does not count the last second',
      'the last millisecond of the tolerance': 'the SDK counts the fractions of a second',
    },
  };
  return standardSet({ ...d, more: async ({ verified, refused, good }) => {
    const sign = (names, more = {}, url = `https://hooks.example.com/hooks/contentful`) => {
      const headers = { ...d.headers, ...more, [timestamp]: `${NOW_S}000`, [list]: names.join(',') };
      return { ...headers, [signature]: hmac('sha256', secrets[0], contentfulText('POST', url, headers, [...names].sort()), d.body).toString('hex') };
    };
    await verified('a header more', sign([...listed, 'x-tide'].sort(), { 'x-tide': 'in; out:1' }));
    await verified('the list and the time alone', sign([list, timestamp]));
    await verified('a header that is not signed', { ...good, 'x-tide': 'in' });
    await refused('the list is cut short', { ...good, [list]: [list, timestamp].join(',') });
    await refused('another topic', { ...good, 'x-contentful-topic': 'ContentManagement.Entry.unpublish' });
    await refused('the list does not name itself', sign([timestamp, 'x-contentful-topic']), 'missing');
    await refused('the time is not listed', sign([list, 'x-contentful-topic']), 'missing');
    await refused('no list', without(good, list), 'missing');
    await refused('a listed header that is not there', sign([...listed, 'x-none'].sort()), 'missing');
    await refused('another method', good, 'mismatch', { method: 'PUT' });
    await refused('another path', good, 'mismatch', { url: 'https://hooks.example.com/hooks/other' });
    await refused('a query that was not signed', good, 'mismatch', { url: 'https://hooks.example.com/hooks/contentful?a=1' });
    await verified('another host, which is not signed', good, { url: 'https://hooks.example.org/hooks/contentful' });
  } });
}

/** What Contentful signs before the body. */
function contentfulText(method, url, headers, names) {
  const lines = names.map((name) => `${name}:${headers[name]}`);
  return `${method}\n${new URL(url).pathname}\n${lines.join(';')}\n`;
}

/** The parameters of query and form as Plivo signs them. */
function plivoParameters(query, form) {
  const sorted = (text) => [...new URLSearchParams(text)].sort(([a, x], [b, y]) => (a < b || (a === b && x < y) ? -1 : 1));
  const [q, f] = [sorted(query), sorted(form)];
  return `${q.length + f.length > 0 ? '?' : ''}${q.map((pair) => pair.join('=')).join('&')}${q.length * f.length > 0 ? '.' : ''}${f.flat().join('')}`;
}

function plivo() {
  const [signature, nonceHeader] = ['X-Plivo-Signature-V3', 'X-Plivo-Signature-V3-Nonce'];
  const nonce = '05429567804466091622';
  const split = (url) => [url.split('?')[0], url.split('?')[1] ?? ''];
  const text = (url, form, n = nonce) => `${split(url)[0]}${plivoParameters(split(url)[1], `${form}`)}.${n}`;
  const identity = (url, form) => ({ identity: `sha256:${sha256(plivoParameters(split(url)[1], `${form}`))}` });
  const url = 'https://hooks.example.com/hooks/plivo';
  const d = {
    name: 'plivo', madeBy: 'plivo 4.79.0 (npm), checked with validateV3Signature',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', [nonceHeader]: nonce },
    secrets: ['tidegate-auth-token', 'an-older-auth-token', 'the-token-of-somebody-else'],
    body: 'From=14155550100&To=14155550123&MessageUUID=2c1fd6b8-4b0c-11ee&Status=delivered&MessageTime=2025-10-09+08%3A53%3A20',
    signature, encoding: 'base64', list: ',',
    signed: (bytes, _, { url: at }) => [text(at, bytes)],
    read: (bytes) => ({ ...identity(url, bytes), event_type: new URLSearchParams(`${bytes}`).get('Status') ?? undefined }),
    accepts: (request, token) => {
      const form = `${header(request, 'Content-Type')}`.startsWith('application/x-www-form') ? querystring.parse(request.text, '&', '=', { maxKeys: 0 }) : {};
      return plivoSdk.validateV3Signature(request.method, request.url, header(request, nonceHeader), token, header(request, signature), form);
    },
    differs: {
      'a signature without its padding': padding, 'white space around the signature': space,
      ...PORTS_OF_PLIVO, 'a JSON body, of which nothing is signed': 'the SDK lets a body in that nothing signs',
      ...because('the SDK runs them together', 'a piece of a value moved to the nonce'),
    },
  };
  return standardSet({ ...d, more: async ({ verified, refused, good }) => {
    const signed = (at, form, n = nonce) => ({ ...d.headers, [nonceHeader]: n, [signature]: hmac('sha256', d.secrets[0], text(at, form, n)).toString('base64') });
    const known = (at, form = d.body) => ({ url: at, body: form, ...d.read(form), ...identity(at, form) });
    const withPort = url.replace('.com', '.com:443');
    await verified('signed with the default port, configured without', signed(withPort, d.body));
    await verified('signed without a port, configured with the default one', signed(url, d.body), { url: withPort });
    const query = `${url}?b=2&a=O%27Brien+x&b=1&b=1&empty=`;
    await verified('a query, decoded and sorted', signed(query, d.body), known(query));
    await verified('a query and no form', signed(query, ''), known(query, ''));
    await verified('neither of them', signed(url, ''), known(url, ''));
    const respelt = `${url}?a=O'Brien%20x&b=1&b=2&%62=1&empty`;
    await verified('the same query in another order and spelling is the same event', signed(query, d.body), { ...known(query), url: respelt });
    const twice = 'b=2&B=1&a=&b=1&b=1&Aa=%F0%9F%8C%8A';
    await verified('parameters that are there twice are signed twice', signed(url, twice), known(url, twice));
    await refused('one of two equal parameters taken away', signed(url, twice), 'mismatch', { body: twice.replace('&b=1&b=1', '&b=1') });
    await verified('the same parameters in another order', good, { ...known(url), body: d.body.split('&').reverse().join('&') });
    await refused('a parameter added', good, 'mismatch', { body: `${d.body}&Extra=1` });
    await refused('a query that was not signed', good, 'mismatch', { url: `${url}?a=1` });
    await refused('another path', good, 'mismatch', { url: `${url}/other` });
    await refused('another host', good, 'mismatch', { url: url.replace('.com', '.org') });
    await refused('another nonce', { ...good, [nonceHeader]: '1' });
    await refused('no nonce', without(good, nonceHeader), 'missing');
    const priced = 'Body=1.5';
    await refused('a piece of a value moved to the nonce', { ...signed(url, priced), [nonceHeader]: `5.${nonce}` }, 'separator', { body: 'Body=1' });
    await refused('a JSON body, of which nothing is signed', { ...signed(url, ''), 'Content-Type': 'application/json' }, 'missing', { body: '{"Status":"sent"}' });
  } });
}

const { 'another port, signed without it': _other, ...PORTS_OF_PLIVO } = PORTS;

export const urlFamily = [contentful, plivo, hubspot, hubspotV1, hubspotV2, mandrill, mercadoPagoSet, squareSet, trello];
