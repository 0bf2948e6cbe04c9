// Those who sign the body in hex and give their events no id.
import { WebhookEventVerifier } from '@onfido/api';
import Pusher from 'pusher';
import whatsapp from './node_modules/whatsapp/build/utils.js';
import { header } from './case.mjs';
import { JSON_READ, TEXT_COMPARED, standardSet } from './standard_set.mjs';

const json = { 'Content-Type': 'application/json' };
const { 'a signature in upper-case hex': UPPER, 'white space around the signature': SPACE } = TEXT_COMPARED;
const EMPTY_HEARTBEAT = '{"events":[]}';

const descriptions = [
  {
    name: 'airtable', madeBy: 'airtable.com/developers "Webhooks API", signed by node:crypto',
    signature: 'X-Airtable-Content-MAC', prefix: 'hmac-sha256=',
    secrets: ['dGlkZWdhdGUtbGl2ZS1zZWNyZXQ=', 'YW4tb2xkZXItc2VjcmV0LcOkw7bDvA==', 'c29tZWJvZHkgZWxzZQ=='],
    key: (secret) => Buffer.from(secret, 'base64'),
    body: '{"base":{"id":"app00000000000000"},"webhook":{"id":"ach00000000000000"},"timestamp":"2025-10-09T08:53:20.000Z"}',
  },
  {
    name: 'asana', madeBy: 'developers.asana.com "Webhooks", signed by node:crypto', signature: 'X-Hook-Signature',
    body: '{"events":[{"user":{"gid":"1123"},"created_at":"2025-10-09T08:53:20.000Z","action":"changed","resource":{"gid":"1337","resource_type":"task"}}]}',
    more: async ({ verified, refused, signed }) => {
      await verified('a heartbeat without events', await signed(undefined, EMPTY_HEARTBEAT), { body: EMPTY_HEARTBEAT });
      const secret = { ...json, 'X-Hook-Secret': 'tidegate-live-secret' };
      await refused('the handshake, which is no delivery', secret, 'missing', { body: '{}' });
    },
  },
  {
    name: 'cal-com', madeBy: 'n8n-nodes-base 2.41.2 (npm), CalTriggerHelpers, read; signed by node:crypto', signature: 'X-Cal-Signature-256',
    body: '{"triggerEvent":"BOOKING_CREATED","createdAt":"2025-10-09T08:53:20.000Z","payload":{"uid":"bFJeNb2uX8ANpT3JL5EfXw"}}',
    type: ['json:/triggerEvent'],
  },
  {
    name: 'clickup', madeBy: 'n8n-nodes-base 2.41.2 (npm), ClickUpTrigger, read; signed by node:crypto', signature: 'X-Signature',
    body: '{"event":"taskUpdated","task_id":"1vj38vv","webhook_id":"7fa3ec74","history_items":[{"id":"2800763136717140857"}]}',
    type: ['json:/event'],
  },
  {
    name: 'dropbox', madeBy: 'hapi-dropbox-webhooks 1.1.0 (npm), and the vector of its tests; signed by node:crypto', signature: 'X-Dropbox-Signature',
    body: '{"list_folder":{"accounts":["dbid:AAH4f99T0taONIb-OurWxbNQ6ywGRopQngc"]},"delta":{"users":[12345678]}}',
    more: ({ verified }) => verified("the vector of an implementation's tests",
      { ...json, 'X-Dropbox-Signature': '0a8c16b085420b960dc78664279fe09e936a2a01b1f91064869d9e77dfd64529' },
      { secrets: ['the_secret'], body: '{"delta": {"users": [12345]}}' }),
  },
  {
    name: 'lemon-squeezy', madeBy: 'docs.lemonsqueezy.com "Signing requests", as third parties read it; signed by node:crypto',
    signature: 'X-Signature', headers: { ...json, 'X-Event-Name': 'order_created' },
    body: '{"meta":{"event_name":"order_created","test_mode":true},"data":{"type":"orders","id":"1"}}', type: ['json:/meta/event_name'],
  },
  {
    name: 'meta', madeBy: 'whatsapp 0.0.5-Alpha (npm), generateXHub256Sig; developers.facebook.com "Webhooks"',
    signature: 'X-Hub-Signature-256', prefix: 'sha256=',
    body: '{"object":"whatsapp_business_account","entry":[{"id":"102290129340398","changes":[{"field":"messages"}]}]}', type: ['json:/object'],
    sdkSign: (secret, text) => ({ 'X-Hub-Signature-256': `sha256=${whatsapp.generateXHub256Sig(text, secret)}` }),
    more: async ({ verified, signed }) => {
      const body = '{"object":"page","entry":[{"text":"Tid\\u00e9 \\ud83c\\udf0a https:\\/\\/example.com"}]}';
      await verified('letters escaped as they are sent', await signed(undefined, body), { body });
    },
  },
  {
    name: 'onfido', madeBy: '@onfido/api 6.2.0 (npm), WebhookEventVerifier.readPayload; signed by node:crypto', signature: 'X-SHA2-Signature',
    body: '{"payload":{"resource_type":"check","action":"check.completed","object":{"id":"fc2f1a9d","status":"complete"}}}',
    type: ['json:/payload/action'],
    accepts: (request, secret) => new WebhookEventVerifier(secret).readPayload(request.bytes, header(request, 'X-SHA2-Signature')) !== undefined,
    differs: {
      ...JSON_READ, 'white space around the signature': SPACE,
      'two signatures, joined as if the header were a list': 'the SDK reads hex up to the first letter that is none',
    },
  },
  {
    name: 'pusher', madeBy: 'pusher 5.3.4 (npm), Token.sign, checked with webhook().isValid', signature: 'X-Pusher-Signature',
    headers: { ...json, 'X-Pusher-Key': 'tide-key' },
    body: '{"time_ms":1760000000000,"events":[{"channel":"tides","name":"channel_occupied"}]}',
    sdkSign: (secret, text) => ({ 'X-Pusher-Signature': new Pusher.Token('tide-key', secret).sign(text) }),
    accepts: (request, secret) => {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]));
      return new Pusher({ appId: '1', key: 'tide-key', secret }).webhook({ headers, rawBody: request.text }).isValid();
    },
    differs: { ...JSON_READ, 'white space around the signature': SPACE, 'a signature in upper-case hex': UPPER },
  },
];

export const bodyWithoutId = descriptions.map((description) => () => standardSet(description));
