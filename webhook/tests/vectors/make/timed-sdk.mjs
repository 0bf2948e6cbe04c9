// Providers that sign a time with the body and have an SDK that verifies it.
import { createRequire } from 'node:module';
import { ElevenLabsClient } from '@elevenlabs/elevenlabs-js';
import Mux from '@mux/mux-node';
import { Paddle } from '@paddle/paddle-node-sdk';
import { isValidSignature } from '@sanity/webhook';
import { WorkOS } from '@workos-inc/node';
import { AwsLambdaReceiver } from '@zoom/rivet/marketplace';
import { verify as retellVerify } from 'retell-sdk';
import { WebflowClient } from 'webflow-api';
import { header } from './case.mjs';
import { TEXT_COMPARED, TEXT_SIGNED, standardSet } from './standard_set.mjs';
import { ALL_TEXTS, COUNTS_MS, NO_AGE, PAST_ONLY, atTime, because, lower, quiet, signedWith } from './timed-clock.mjs';

const { WebhooksManager } = createRequire(import.meta.url)('box-node-sdk/managers/webhooks');
const { 'a signature in upper-case hex': UPPER, 'white space around the signature': SPACE } = TEXT_COMPARED;
const HEX_TEXT = because(UPPER, 'a signature in upper-case hex');
const SPACES = because(SPACE, 'white space around the signature');
const WRITTEN_AGAIN = because(
  'the SDK verifies the JSON that it has written again; we verify the bytes that were sent',
  'an empty body', 'a body of 200 KiB', 'one byte added to the body',
);
const IN_ORDER = because('the SDK wants the time first and one signature behind it', 'the timestamp behind the signature');
const FIRST_ONLY = because('the SDK reads the first signature only', 'two signatures in rotation, ours second');
const ONE_ONLY = because('the SDK wants one signature', 'two signatures in rotation, ours first', 'two signatures in rotation, ours second');
const EMOJI = '{"note":"Tidé 🌊 in,\\r\\ntide 🐚 out"}';

const mux = new Mux({ tokenId: 'id', tokenSecret: 'secret', webhookSecret: 'unused' });
const muxSet = () => standardSet({
  name: 'mux',
  madeBy: '@mux/mux-node 15.3.0 (npm), checked with webhooks.verifySignature',
  body: '{"type":"video.asset.ready","id":"3fc5e0cf-ea5b-9a4f-2e1e-2a5a1e1d3d5e","data":{"status":"ready","id":"0201p02fGKPE7MrbC269XRD7LpcHhrmbu0002"}}',
  signature: 'Mux-Signature', prefix: 'v1=', list: ',',
  signed: (bytes, time) => [`${time}.`, bytes],
  time: { item: 't=', unit: 's', tolerance_s: 300 },
  id: ['json:/id'], type: ['json:/type'],
  accepts: (request, secret) => atTime(request.now_ms, async () => {
    await mux.webhooks.verifySignature(request.text, request.headers, secret);
    return true;
  }),
  differs: { ...TEXT_SIGNED, ...HEX_TEXT, ...PAST_ONLY },
});

const paddle = new Paddle('pdl_sdbx_apikey_example');
const paddleSet = () => standardSet({
  name: 'paddle',
  madeBy: '@paddle/paddle-node-sdk 3.10.0 (npm), checked with webhooks.isSignatureValid',
  body: '{"event_id":"evt_01hv8xcc4q8m4z0t5g3n2y6k7p","event_type":"transaction.completed","occurred_at":"2024-04-12T10:18:49.621022Z","notification_id":"ntf_01hv8xcc9g1s3b5d7f9h1k3m5p","data":{"id":"txn_01hv8wptq8987qeep44cyrewp9"}}',
  signature: 'Paddle-Signature', prefix: 'h1=', list: ';',
  signed: (bytes, time) => [`${time}:`, bytes],
  time: { item: 'ts=', unit: 's', tolerance_s: 300 },
  id: ['json:/event_id'], type: ['json:/event_type'],
  accepts: (request, secret) =>
    atTime(request.now_ms, () => paddle.webhooks.isSignatureValid(request.text, secret, header(request, 'Paddle-Signature'))),
  differs: {
    ...TEXT_SIGNED, ...HEX_TEXT, ...SPACES, ...PAST_ONLY,
    ...because('the SDK reads the last signature only', 'two signatures in rotation, ours first'),
    ...because('the SDK tolerates 5 s', 'the last second of the tolerance', 'the last millisecond of the tolerance'),
  },
});

const workos = new WorkOS('sk_test_example');
const workosSet = () => standardSet({
  name: 'workos',
  madeBy: '@workos-inc/node 8.13.0 (npm), checked with webhooks.verifyHeader',
  body: '{"id":"event_01EHWNCE74X7JSDV0X3SZ3KJNY","event":"user.created","data":{"object":"user","id":"user_01E4ZCR3C56J083X43JQXF3JK5","email":"marcelina.davis@example.com"},"created_at":"2021-06-25T19:07:33.155Z"}',
  emoji: EMOJI,
  signature: 'WorkOS-Signature', prefix: 'v1=', list: ',',
  signed: (bytes, time) => [`${time}.`, bytes],
  time: { item: 't=', unit: 'ms', tolerance_s: 180 },
  id: ['json:/id'], type: ['json:/event'],
  accepts: (request, secret) => atTime(request.now_ms, () =>
    workos.webhooks.verifyHeader({ payload: JSON.parse(request.text), sigHeader: header(request, 'WorkOS-Signature'), secret })),
  differs: {
    ...TEXT_SIGNED, ...HEX_TEXT, ...SPACES, ...WRITTEN_AGAIN, ...IN_ORDER, ...FIRST_ONLY, ...COUNTS_MS, ...PAST_ONLY,
    ...because('the SDK reads no prefix', 'the prefix in upper case'),
    ...signedWith('no number compares as old, and a great one lies in the future', 'abc', '99999999999999999999'),
  },
});

const sanitySet = () => standardSet({
  name: 'sanity',
  madeBy: '@sanity/webhook 4.0.4 (npm), checked with isValidSignature',
  body: '{"_id":"drafts.e5ffd2b1","_type":"post","title":"Spring tide"}',
  headers: { 'Content-Type': 'application/json; charset=utf-8', 'idempotency-key': 'YyaI7c7E2Ocbqg0vFJKXF3', 'sanity-operation': 'create' },
  signature: 'sanity-webhook-signature', prefix: 'v1=', list: ',', encoding: 'base64url',
  signed: (bytes, time) => [`${time}.`, bytes],
  time: { item: 't=', unit: 'ms', tolerance_s: 300 },
  id: ['header:idempotency-key'], type: ['json:/_type'],
  accepts: (request, secret) => isValidSignature(request.text, header(request, 'sanity-webhook-signature'), secret),
  differs: {
    ...TEXT_SIGNED, ...SPACES, ...IN_ORDER, ...ONE_ONLY, ...NO_AGE,
    ...because('the SDK signs no empty body; Sanity sends none', 'an empty body'),
  },
});

const boxHeaders = {
  'Content-Type': 'application/json', 'BOX-DELIVERY-ID': '673a081b-bb4b-4d45-b4f1-4131a29c1d07',
  'BOX-SIGNATURE-VERSION': '1', 'BOX-SIGNATURE-ALGORITHM': 'HmacSHA256',
};
const documentedBox = {
  body: '{"type":"webhook_event","webhook":{"id":"1234567890"},"trigger":"FILE.UPLOADED","source":{"id":"1234567890","type":"file","name":"Test.txt"}}',
  now_ms: Date.parse('2020-01-01T00:00:05-07:00'),
  headers: {
    'box-delivery-id': 'f96bb54b-ee16-4fc5-aa65-8c2d9e5b546f', 'box-delivery-timestamp': '2020-01-01T00:00:00-07:00',
    'box-signature-algorithm': 'HmacSHA256', 'box-signature-version': '1',
    'box-signature-primary': '6TfeAW3A1PASkgboxxA5yqHNKOwFyMWuEXny/FPD5hI=',
    'box-signature-secondary': 'v+1CD1Jdo3muIcbpv5lxxgPglOqMfsNHPV899xWYydo=',
  },
};
const boxSet = () => standardSet({
  name: 'box',
  madeBy: 'box-node-sdk 10.12.0 (npm), checked with WebhooksManager.validateMessage; the example of developer.box.com',
  body: '{"type":"webhook_event","id":"eb0c4e06-751f-442c-86f8-fd5bb404dbec","created_at":"2016-07-11T10:10:32-07:00","trigger":"FILE.UPLOADED","webhook":{"id":"53","type":"webhook"},"source":{"id":"73835521473","type":"file","name":"Test.txt"}}',
  headers: boxHeaders,
  signature: 'BOX-SIGNATURE-PRIMARY', encoding: 'base64',
  signed: (bytes, time) => [bytes, time],
  time: { header: 'BOX-DELIVERY-TIMESTAMP', unit: 'rfc3339', tolerance_s: 600 },
  id: ['json:/id'], type: ['json:/trigger'],
  accepts: (request, secret) =>
    atTime(request.now_ms, () => WebhooksManager.validateMessage(request.text, lower(request), secret, { secondaryKey: secret })),
  differs: {
    ...TEXT_SIGNED,
    ...because("Node's base64 ends at the padding", 'the signature and more', 'two signatures, joined as if the header were a list'),
    ...because('the SDK tolerates no clock that is behind', 'as far in the future as tolerated'),
    ...signedWith('the SDK takes a time that it cannot read for a fresh one', ...ALL_TEXTS),
  },
  more: async ({ add, verified, refused, good, signed }) => {
    const example = { ...documentedBox, expect: 'verified', event_type: 'FILE.UPLOADED' };
    await add({ name: 'the documented example, by the primary key', ...example, secrets: ['SamplePrimaryKey'], secret: 0 });
    await add({ name: 'the documented example, by the secondary key', ...example, secrets: ['another', 'SampleSecondaryKey'], secret: 1 });
    const { 'BOX-SIGNATURE-PRIMARY': primary, ...rest } = good;
    const { 'BOX-SIGNATURE-PRIMARY': old } = await signed('an-older-secret-äöü');
    await verified('only the secondary signature', { ...rest, 'BOX-SIGNATURE-SECONDARY': primary });
    await verified('a primary signature by a key that is not ours', { ...good, 'BOX-SIGNATURE-PRIMARY': old, 'BOX-SIGNATURE-SECONDARY': primary });
    await refused('two signatures by keys that are not ours', { ...good, 'BOX-SIGNATURE-PRIMARY': old, 'BOX-SIGNATURE-SECONDARY': old });
  },
});

const zoomSet = () => standardSet({
  name: 'zoom',
  madeBy: '@zoom/rivet 0.4.0 (npm), checked with AwsLambdaReceiver',
  body: '{"event":"meeting.started","payload":{"account_id":"AAAAAABBBB","object":{"id":"1234567890","uuid":"4444AAAiAAAAAiAiAiiAii==","topic":"My Meeting"}},"event_ts":1626230691572}',
  emoji: '{"event":"meeting.ended","payload":{"object":{"topic":"Tidé 🌊 in,\\r\\ntide 🐚 out"}}}',
  headers: { 'Content-Type': 'application/json; charset=utf-8' },
  signature: 'x-zm-signature', prefix: 'v0=',
  signed: (bytes, time) => [`v0:${time}:`, bytes],
  time: { header: 'x-zm-request-timestamp', unit: 's', tolerance_s: 300 },
  type: ['json:/event'], identity: 'body',
  accepts: async (request, secret) => {
    const receiver = new AwsLambdaReceiver({ webhooksSecretToken: secret });
    receiver.init({ eventEmitter: { emit: async () => {} } });
    const event = { body: request.text, headers: request.headers, isBase64Encoded: false };
    const { statusCode } = await quiet(async () => (await receiver.start())(event, {}));
    return statusCode === 200;
  },
  differs: {
    ...TEXT_SIGNED, ...HEX_TEXT, ...SPACES, ...WRITTEN_AGAIN, ...NO_AGE,
    ...signedWith('the SDK looks at no time', '-1760000000', '1760000000.5'),
  },
  more: async ({ verified, signed }) => {
    const body = '{"event":"endpoint.url_validation","payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"},"event_ts":1654503849680}';
    await verified('an endpoint.url_validation', await signed('tidegate-live-secret', body), { body });
  },
});

const webflow = new WebflowClient({ accessToken: 'unused' });
const webflowSet = () => standardSet({
  name: 'webflow',
  madeBy: 'webflow-api 3.3.4 (npm), checked with webhooks.verifySignature',
  body: '{"triggerType":"form_submission","payload":{"name":"Contact Us","siteId":"65427cf400e02b306eaa049c","data":{"First Name":"Zaphod"},"id":"6321ca84df3949bfc6752327"}}',
  signature: 'x-webflow-signature',
  signed: (bytes, time) => [`${time}:`, bytes],
  time: { header: 'x-webflow-timestamp', unit: 'ms', tolerance_s: 300 },
  type: ['json:/triggerType'], identity: 'body',
  accepts: (request, secret) => webflow.webhooks.verifySignature({ headers: lower(request), body: request.text, secret }),
  differs: { ...TEXT_SIGNED, ...HEX_TEXT, ...SPACES, ...NO_AGE, ...signedWith('the SDK looks at no time', ...ALL_TEXTS) },
});

const elevenlabs = new ElevenLabsClient({ apiKey: 'unused' });
const elevenlabsSet = () => standardSet({
  name: 'elevenlabs',
  madeBy: '@elevenlabs/elevenlabs-js 2.73.0 (npm), checked with webhooks.constructEvent',
  body: '{"type":"post_call_transcription","event_timestamp":1739537297,"data":{"agent_id":"xyz","conversation_id":"abc","status":"done"}}',
  signature: 'ElevenLabs-Signature', prefix: 'v0=', list: ',',
  signed: (bytes, time) => [`${time}.`, bytes],
  time: { item: 't=', unit: 's', tolerance_s: 1800 },
  type: ['json:/type'], identity: 'body',
  accepts: (request, secret) => atTime(request.now_ms, async () => {
    try {
      await elevenlabs.webhooks.constructEvent(request.text, header(request, 'ElevenLabs-Signature'), secret);
    } catch (error) {
      // The verifier parses the payload once the signature is right; what it parses is not our question here.
      if (!(error instanceof SyntaxError)) return false;
    }
    return true;
  }),
  differs: {
    ...TEXT_SIGNED, ...HEX_TEXT, ...SPACES, ...FIRST_ONLY, ...COUNTS_MS, ...PAST_ONLY,
    ...signedWith('Number() reads it, or no number compares as old', ...ALL_TEXTS.filter((text) => !text.startsWith('-'))),
  },
});

const retellSet = () => standardSet({
  name: 'retell',
  madeBy: 'retell-sdk 5.66.1 (npm), checked with verify',
  body: '{"event":"call_ended","call":{"call_type":"phone_call","call_id":"Jabr9TXYYJHfvl6Syypi88rdAHYHmcq6","agent_id":"oBeDLoLOeuAbiuaMFXRtDOLriTJ5tSxD","call_status":"ended"}}',
  signature: 'X-Retell-Signature', prefix: 'd=', list: ',',
  signed: (bytes, time) => [bytes, time],
  time: { item: 'v=', unit: 'ms', tolerance_s: 300 },
  type: ['json:/event'], identity: 'body',
  accepts: (request, secret) => atTime(request.now_ms, () => retellVerify(request.text, secret, header(request, 'X-Retell-Signature'))),
  differs: {
    ...TEXT_SIGNED, ...SPACES, ...IN_ORDER, ...ONE_ONLY, ...COUNTS_MS,
    ...because('the SDK takes its prefixes in either case', 'the prefix in upper case'),
  },
});

export const timedSdk = [boxSet, elevenlabsSet, muxSet, paddleSet, retellSet, sanitySet, webflowSet, workosSet, zoomSet];
