// Providers that sign with a JSON Web Token: node:crypto signs, the providers' SDKs judge.
import { readFileSync } from 'node:fs';
import { createPublicKey, createSecretKey } from 'node:crypto';
import { createRequire } from 'node:module';
import { Receiver } from '@upstash/qstash';
import { OAuth2Client } from 'google-auth-library';
import { importJWK, jwtVerify } from 'jose';
import { WebhookReceiver } from 'livekit-server-sdk';
import * as atlassian from 'atlassian-jwt';
import bird_jwt from 'messagebird/lib/webhook-signature-jwt.js';
import { header, sha256 } from './case.mjs';
import { jwtSet } from './jwt_set.mjs';
import { P256, RSA } from './private_keys.mjs';
import { NOW_S } from './shared.mjs';
import { JSON_READ, TEXT_SIGNED } from './standard_set.mjs';
import { atTime, because } from './timed-clock.mjs';

const hashed = (bytes, encoding) => Buffer.from(sha256(bytes), 'hex').toString(encoding);
const HOUR_S = 3600;
const FIVE_MINUTES_S = 300;

const BIRD = 'MessageBird-Signature-JWT';
const bird = () => jwtSet({
  name: 'bird', madeBy: 'messagebird 4.0.1 (npm), checked with webhook-signature-jwt.verify, and the 44 vectors of its tests; signed by node:crypto',
  algs: ['HS384', 'HS512'], signature: BIRD, leeway_s: 5, age_s: FIVE_MINUTES_S, bodyClaim: 'payload_hash', emptyUnhashed: true,
  url: 'https://hooks.example.com/hooks/bird?team=tide&team=gate',
  body: '{"type":"message.created","message":{"id":"4a7b3e9c0d5f4b6d8e2a1c3f5b7d9e0f","content":{"text":"high tide"}}}',
  times: (time_s) => ({ nbf: time_s, exp: time_s + 60 }),
  claims: (secret, bytes, { url }) => ({
    iss: 'MessageBird', jti: '59a244dc-e9ad-4e23-9778-371faa238f72', url_hash: sha256(url),
    payload_hash: bytes.length === 0 ? undefined : sha256(bytes),
  }),
  checked: ['iss', 'url_hash', 'payload_hash'],
  read: (bytes) => ({
    identity: `sha256:${sha256(Buffer.concat([Buffer.from('?team=tide&team=gate'), Buffer.from(bytes)]))}`,
    event_type: `${bytes}`.includes('message.created') ? 'message.created' : undefined,
  }),
  accepts: (request, secret) => atTime(request.now_ms, () =>
    bird_jwt.verify(request.url, request.bytes, header(request, BIRD), createSecretKey(Buffer.from(secret)))),
  differs: {
    ...because('the SDK reads hex up to the first letter that is none', 'another url_hash', 'another payload_hash'),
    ...because('the SDK reads any number as a time', 'an end that is far beyond all dates'),
    'a token that says no time': 'the SDK takes one that is good for ever',
  },
  more: birdMore,
});

async function birdMore({ file, d, accepts, refuses, mint, sentAs }) {
  await refuses('the hash of another URL', { claims: { url_hash: sha256(`${d.url}x`) } }, 'claim');
  await refuses('called at another URL', {}, 'claim', { url: d.url.replace('team=gate', 'team=hate') });
  await accepts('the hashes in upper-case hex', { claims: { url_hash: sha256(d.url).toUpperCase(), payload_hash: sha256(d.body).toUpperCase() } });
  const reference = JSON.parse(readFileSync(createRequire(import.meta.url).resolve('messagebird/lib/testdata/webhook-signature-jwt-reference.json')));
  for (const { name, method, secret = d.secrets[0], url, payload = '', timestamp, token, valid, reason = '' } of reference) {
    const expect = valid ? 'verified' : /nbf|exp/.test(reason) ? 'stale' : /payload|url_hash/.test(reason) ? 'claim' : 'mismatch';
    await file.add({
      name: `reference: ${name}`, secrets: [secret], now_ms: Date.parse(timestamp), method, url, headers: { [BIRD]: token },
      body: payload, expect, ...(valid && { secret: 0 }),
    });
  }
}

const qstash = () => jwtSet({
  name: 'qstash', madeBy: '@upstash/qstash 2.12.0 (npm), checked with Receiver.verify; signed by node:crypto',
  signature: 'Upstash-Signature', leeway_s: 5, age_s: FIVE_MINUTES_S, bodyClaim: 'body',
  headers: { 'Content-Type': 'application/json', 'Upstash-Message-Id': 'msg_26hZCxZCuWyyTWPmSVBrNCtiJGNsULmt', 'Upstash-Retried': '0' },
  secrets: ['sig_tidegateCurrentSigningKey', 'sig_tidegateNextSigningKey', 'sig_ofSomebodyElse'],
  body: '{"tide":"in","gate":"closed"}', id: ['header:Upstash-Message-Id'],
  times: (time_s) => ({ iat: time_s, nbf: time_s, exp: time_s + FIVE_MINUTES_S }),
  claims: (secret, bytes, { url }) => ({ iss: 'Upstash', sub: url, body: hashed(bytes, 'base64url'), jti: 'jwt_67kxXD6UBAk7DqU6hzuHMDdXFXfP' }),
  checked: ['iss', 'sub', 'body'],
  accepts: ({ now_ms, url, text, ...request }, secret) => atTime(now_ms, () =>
    new Receiver({ currentSigningKey: secret, nextSigningKey: secret }).verify({ signature: header(request, 'Upstash-Signature'), body: text, url })),
  differs: {
    ...TEXT_SIGNED,
    ...because('the SDK also takes other HMACs', 'signed by HS384 with the right key', 'signed by HS512 with the right key'),
    ...because('the SDK reads any number as a time', 'an end that is far beyond all dates'),
    ...because('the SDK tolerates nothing', 'the last second before it expires', 'the last millisecond before it expires', 'as early as tolerated'),
    ...because('the SDK does not look when it was issued', 'issued one second too far in the future'),
    'a token that says no time': 'the SDK takes one that is good for ever',
    'called at the URL with its port': 'the SDK compares text; 443 is the port of https',
  },
  more: async ({ d, accepts, refuses }) => {
    await refuses('called at another URL', {}, 'claim', { url: `${d.url}/other` });
    await accepts('called at the URL with its port', { claims: { sub: d.url.replace('.com/', '.com:443/') } });
    await accepts('the hash of the body with its padding', { claims: { body: `${hashed(d.body, 'base64url')}=` } });
    await refuses('the hash of the body in hex', { claims: { body: sha256(d.body) } }, 'claim');
  },
});

const livekit = () => jwtSet({
  name: 'livekit', madeBy: 'livekit-server-sdk 2.19.2 (npm), checked with WebhookReceiver.receive; signed by node:crypto',
  signature: 'Authorization', leeway_s: 10, age_s: FIVE_MINUTES_S, bodyClaim: 'sha256',
  headers: { 'Content-Type': 'application/webhook+json' },
  secrets: ['tidegateApiSecretThatIsLive', 'anOlderApiSecret', 'theApiSecretOfSomebodyElse'],
  body: '{"event":"room_started","room":{"sid":"RM_tideGate1","name":"harbour"},"id":"EV_tideGate1","createdAt":"1760000000"}',
  id: ['json:/id'], type: ['json:/event'],
  times: (time_s) => ({ nbf: time_s, exp: time_s + FIVE_MINUTES_S }),
  claims: (secret, bytes) => ({ iss: 'APItidegate', sha256: hashed(bytes, 'base64') }),
  checked: ['sha256'],
  accepts: ({ now_ms, text, ...request }, secret) =>
    atTime(now_ms, () => new WebhookReceiver('APItidegate', secret).receive(text, header(request, 'Authorization'))).then(() => true),
  differs: {
    ...JSON_READ,
    ...because('the SDK also takes other HMACs', 'signed by HS384 with the right key', 'signed by HS512 with the right key'),
    ...because('the SDK reads any number as a time', 'an end that is far beyond all dates'),
    'another key in its issuer': 'the SDK is told the API key, we the secret alone',
    'a token that says when it was issued and no end': 'the SDK wants an end',
  },
  more: async ({ refuses, accepts }) => {
    const joins = { sha256: undefined, sub: 'marina', video: { roomJoin: true, room: 'harbour' } };
    await refuses("a participant's token", { claims: joins }, 'claim');
    await accepts('another key in its issuer', { claims: { iss: 'APIother' } });
    await accepts('a token that says when it was issued and no end', { claims: { exp: undefined, iat: NOW_S } });
    await refuses('a token that says when it was issued long ago and no end', { claims: { exp: undefined, iat: NOW_S - FIVE_MINUTES_S - 1 } }, 'stale');
  },
});

const netlify = () => jwtSet({
  name: 'netlify', madeBy: 'n8n-nodes-base 2.41.2 (npm), NetlifyTriggerHelpers.js; signed by node:crypto, checked with jose 6.2.17',
  signature: 'X-Webhook-Signature', bodyClaim: 'sha256', identity: 'body',
  headers: { 'Content-Type': 'application/json', 'X-Netlify-Event': 'deploy_created' },
  body: '{"id":"5ebc34bf4fea0b01f02efa3a","site_id":"fa4dd95a-994e-4f89-8a7a-2d9e9fc36a32","state":"ready","name":"tidegate","updated_at":"2025-10-09T08:53:20.738Z"}',
  type: ['header:X-Netlify-Event', 'json:/state'],
  times: () => ({}), claims: (secret, bytes) => ({ iss: 'netlify', sha256: sha256(bytes) }),
  accepts: async ({ now_ms, bytes, ...request }, secret) => {
    const judged = jwtVerify(header(request, 'X-Webhook-Signature'), Buffer.from(secret), { algorithms: ['HS256'], issuer: 'netlify', currentDate: new Date(now_ms) });
    return (await judged).payload.sha256 === sha256(bytes);
  },
  differs: { 'the hash of the body in upper-case hex': 'text is compared; hex has no case' },
  more: async ({ accepts, refuses, d }) => {
    await accepts('an end that has not come', { claims: { exp: NOW_S + 60 } });
    await refuses('an end that has come', { claims: { exp: NOW_S } }, 'stale');
    await accepts('the hash of the body in upper-case hex', { claims: { sha256: sha256(d.body).toUpperCase() } });
  },
});

const PLAID_KEYS = P256.map(({ jwk }, at) => JSON.stringify({
  alg: 'ES256', created_at: 1560466143 + at, crv: jwk.crv, expired_at: at === 1 ? 1759990000 : null, kid: `6c5516e1-92dc-479e-a8ff-5a51992e000${at}`,
  kty: jwk.kty, use: 'sig', x: jwk.x, y: jwk.y,
}));
const plaid = () => jwtSet({
  name: 'plaid', madeBy: 'plaid.com, "Verify webhooks"; signed by @noble/curves 2.4.0, checked with jose 6.2.17',
  alg: 'ES256', key: (secret) => P256[PLAID_KEYS.indexOf(secret)], secrets: PLAID_KEYS, header: { kid: JSON.parse(PLAID_KEYS[0]).kid },
  signature: 'Plaid-Verification', leeway_s: FIVE_MINUTES_S, age_s: FIVE_MINUTES_S, bodyClaim: 'request_body_sha256', identity: 'body',
  confused: { 'its point': P256[0].point, 'as JSON Web Key': PLAID_KEYS[0], 'the first of its numbers': Buffer.from(P256[0].jwk.x, 'base64url') },
  body: '{\n  "environment": "production",\n  "item_id": "wz666MBjYWTp2PDzzggYhM6oWWmBb",\n  "webhook_code": "SYNC_UPDATES_AVAILABLE",\n  "webhook_type": "TRANSACTIONS"\n}',
  type: ['json:/webhook_code', 'json:/webhook_type'],
  times: (time_s) => ({ iat: time_s }), claims: (secret, bytes) => ({ request_body_sha256: sha256(bytes) }),
  accepts: async ({ now_ms, bytes, ...request }, secret) => {
    const key = await importJWK(JSON.parse(secret));
    const options = { algorithms: ['ES256'], maxTokenAge: FIVE_MINUTES_S, currentDate: new Date(now_ms) };
    const { payload } = await jwtVerify(header(request, 'Plaid-Verification'), key, options);
    return payload.request_body_sha256 === sha256(bytes);
  },
  differs: {
    ...because('jose takes no token of the future', 'issued as far in the future as tolerated'),
    'the hash of the body in upper-case hex': 'text is compared; hex has no case',
  },
  more: async ({ accepts, refuses, refused, sentAs, mint, d }) => {
    await accepts('the name of another key', { header: { kid: 'another' } });
    await accepts('no name of a key', { header: { kid: undefined } });
    await refuses('the body without its white space', {}, 'claim', { body: JSON.stringify(JSON.parse(d.body)) });
    await accepts('the hash of the body in upper-case hex', { claims: { request_body_sha256: sha256(d.body).toUpperCase() } });
    const [head, payload, signature] = mint().split('.');
    const bare = Buffer.from(signature, 'base64url');
    const number = (bytes) => Buffer.concat([Buffer.from([2, bytes.length + (bytes[0] >> 7)]), Buffer.alloc(bytes[0] >> 7), bytes]);
    const both = Buffer.concat([number(bare.subarray(0, 32)), number(bare.subarray(32))]);
    const der = Buffer.concat([Buffer.from([0x30, both.length]), both]).toString('base64url');
    await refused('the right signature in ASN.1', { ...sentAs(), 'Plaid-Verification': `${head}.${payload}.${der}` });
    await refused('a signature of nothing but zeros', { ...sentAs(), 'Plaid-Verification': `${head}.${payload}.${Buffer.alloc(64).toString('base64url')}` });
  },
});

const JWKS = 'https://www.googleapis.com/oauth2/v3/certs';
const [OURS, OTHER] = ['ours', 'other'].map((name) => ({ use: 'sig', alg: 'RS256', kid: `7d680d8c70d44e947133cbd499ebc1a61c3d5ab${name[2]}`, ...RSA[name].jwk }));
const SET = JSON.stringify({ keys: [{ kty: 'OKP', kid: 'of a kind to come', crv: 'Ed448', x: 'AA' }, { ...OTHER, kid: 'retired' }, OURS] });
const pubsub = () => jwtSet({
  name: 'google-pubsub', madeBy: 'google-auth-library 10.9.1 (npm), checked with OAuth2Client.verifySignedJwtWithCertsAsync and its claims; signed by node:crypto',
  alg: 'RS256', key: () => RSA.ours, foreign: RSA.other, header: { kid: OURS.kid }, signature: 'Authorization', prefix: 'Bearer ',
  secrets: ['push@tidegate.iam.gserviceaccount.com', 'older@tidegate.iam.gserviceaccount.com', 'push@somebody-else.iam.gserviceaccount.com'],
  documents: { [JWKS]: SET }, leeway_s: FIVE_MINUTES_S, age_s: FIVE_MINUTES_S,
  confused: { 'in PEM': RSA.ours.pem, 'its DER in base64': RSA.ours.spki, 'its modulus': Buffer.from(OURS.n, 'base64url'), 'as JSON Web Key': JSON.stringify(OURS) },
  body: '{"message":{"attributes":{"kind":"tide"},"data":"aGlnaCB0aWRl","messageId":"2070443601311540","publishTime":"2025-10-09T08:53:20.000Z"},"subscription":"projects/tidegate/subscriptions/push"}',
  id: ['json:/message/messageId'],
  times: (time_s) => ({ iat: time_s, exp: time_s + HOUR_S }),
  claims: (email, bytes, { url }) => ({ iss: 'https://accounts.google.com', aud: url, email, email_verified: true, azp: '113774264463038321964', sub: '113774264463038321964' }),
  checked: ['iss', 'aud', 'email', 'email_verified'],
  expects: Object.fromEntries(['signed with a secret that is not ours', 'signed with a secret that is no longer live'].map((name) => [name, 'claim'])),
  accepts: ({ now_ms, url, documents, ...request }, email) => atTime(now_ms, async () => {
    const [scheme, jwt] = header(request, 'Authorization').split(' ');
    const keys = Object.fromEntries(JSON.parse(documents[JWKS]).keys.filter(({ kty }) => kty === 'RSA').map((jwk) =>
      [jwk.kid, createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'pem', type: 'spki' })]));
    const ticket = await new OAuth2Client().verifySignedJwtWithCertsAsync(jwt, keys, url, ['https://accounts.google.com', 'accounts.google.com'], 10 ** 12);
    const { email: said, email_verified } = ticket.getPayload();
    return scheme === 'Bearer' && said === email && email_verified === true;
  }),
  differs: {
    'a header that wants more understood': 'the SDK does not look what must be understood',
    'the second in which it expires': 'the SDK counts that second, too',
    ...because('the SDK reads text as a number', 'an end that is text', 'a time of issue that is text'),
    'no name of a key': 'the SDK wants one',
  },
  more: async ({ d, accepts, refuses, mint, verified, refused, good }) => {
    await accepts('an issuer without its protocol', { claims: { iss: 'accounts.google.com' } });
    await accepts('signed by the second key of the set', { by: RSA.other, header: { kid: 'retired' } });
    await refuses('signed by a key that is none of the set', { by: RSA.small });
    await refuses('an email in another case', { claims: { email: d.secrets[0].toUpperCase() } }, 'claim');
    await refuses('an email that is not verified', { claims: { email_verified: false } }, 'claim');
    await refuses('an email that is said to be verified in text', { claims: { email_verified: 'true' } }, 'claim');
    await refuses('for another endpoint', { claims: { aud: `${d.url}/other` } }, 'claim');
    await refuses('a token of the same account for another service of ours', { claims: { aud: 'https://example.com' } }, 'claim');
    await refuses('the name of no key', { header: { kid: 'unknown' } }, 'key_unknown');
    await refuses('the name of no key, for somebody else', { header: { kid: 'unknown' }, claims: { email: 'x@example.com' } });
    await refuses('the name of another key', { header: { kid: 'retired' } });
    await accepts('no name of a key', { header: { kid: undefined } });
    await refuses('a key in the header itself', { by: RSA.small, header: { jwk: RSA.small.jwk, kid: undefined } });
    await refuses('a URL of keys in the header', { by: RSA.small, header: { jku: 'https://evil.example/certs', kid: undefined } });
    await refused('keys that are not at hand', good, 'key_wanted', { documents: { 'https://example.com/certs': SET } });
    await refused('keys of others', good, 'key_unknown', { documents: { [JWKS]: JSON.stringify({ keys: [OTHER] }) } });
    await refused('no keys', good, 'key_unknown', { documents: { [JWKS]: '{"keys":[]}' } });
    await refused('a page in place of the keys', good, 'key_unknown', { documents: { [JWKS]: '<html></html>' } });
  },
});

const QSH_URL = 'https://hooks.example.com/hooks/atlassian-connect?user=5b10&b=2&b=1&empty=&q=a+b%2A%21';
const qsh = (url, method = 'POST') => atlassian.createQueryStringHash(atlassian.fromMethodAndUrl(method, url), false, '');
const atlassianConnect = () => jwtSet({
  name: 'atlassian-connect', madeBy: 'atlassian-jwt 2.0.3 (npm), createQueryStringHash, checked with decodeSymmetric and compared with it; signed by node:crypto',
  signature: 'Authorization', prefix: 'JWT ', leeway_s: 10, age_s: FIVE_MINUTES_S, url: QSH_URL,
  body: '{"timestamp":1760000000000,"webhookEvent":"jira:issue_updated","issue":{"id":"10002","key":"TIDE-2"}}',
  times: (time_s) => ({ iat: time_s, exp: time_s + 180 }),
  claims: (secret, bytes, { url }) => ({ iss: 'jira:tide-gate', qsh: qsh(url) }),
  checked: ['qsh'],
  read: (bytes) => ({
    identity: `sha256:${sha256(Buffer.concat([Buffer.from(QSH_URL.slice(QSH_URL.indexOf('?'))), Buffer.from(bytes)]))}`,
    event_type: `${bytes}`.startsWith('{"timestamp":1760000000000,') ? JSON.parse(bytes).webhookEvent : undefined,
  }),
  accepts: (request, secret) => {
    const [, text] = /^JWT (.*)$/.exec(header(request, 'Authorization'));
    return atlassian.decodeSymmetric(text, secret, 'HS256').qsh === qsh(request.url, request.method);
  },
  differs: {
    'a header that wants more understood': 'the SDK does not look what must be understood',
    ...because('the SDK looks at no time', 'the second in which it expires', 'expired a day ago', 'an end that is text', 'an end that is negative', 'an end that is null',
      'an end that is far beyond all dates', 'issued one second too far in the future', 'a time of issue that is text', 'a token that says no time'),
    'the hash in upper-case hex': 'the SDK compares text; hex has no case',
  },
  more: async ({ d, accepts, refuses, mint, sentAs, verified, refused, good }) => {
    await refuses('called at another path', {}, 'claim', { url: d.url.replace('-connect', '-connected') });
    await refuses('called with another query', {}, 'claim', { url: `${d.url}&c=3` });
    await refuses('called without its query', {}, 'claim', { url: d.url.split('?')[0] });
    await refuses('called by another method', {}, 'claim', { method: 'PUT' });
    await verified('called at another host, which is not signed', good, { url: d.url.replace('.com', '.org') });
    const spelt = d.url.replace('b=2&b=1', 'b=1&%62=2');
    await verified('the same query in another order and spelling', good, { url: spelt, identity: `sha256:${sha256(spelt.slice(spelt.indexOf('?')) + d.body)}` });
    const plain = { url: d.url.split('?')[0], identity: `sha256:${sha256(d.body)}` };
    await accepts('called without a query', { url: plain.url }, plain);
    await accepts('called without a query, with a slash', { url: plain.url }, { ...plain, url: `${plain.url}/` });
    await accepts('the hash in upper-case hex', { claims: { qsh: qsh(d.url).toUpperCase() } });
    await refuses('the token of a page, which is of no request', { claims: { qsh: 'context-qsh' } }, 'claim');
    await refused('as a bearer token', { ...good, Authorization: good.Authorization.replace('JWT', 'Bearer') });
  },
});

export const jwtFamily = [atlassianConnect, bird, livekit, netlify, plaid, pubsub, qstash];
