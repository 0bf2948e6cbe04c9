// Providers that sign a time with the body, by their documentation or by somebody else's implementation: no package of
// theirs verifies it.
import { without } from './shared.mjs';
import { standardSet } from './standard_set.mjs';

/** A time and signatures in one header, as Stripe has them: `t=...,v1=...` of `{t}.{body}`. */
const inOneHeader = (tolerance_s, unit = 's') => ({
  prefix: 'v1=', list: ',',
  signed: (bytes, time) => [`${time}.`, bytes],
  time: { item: 't=', unit, tolerance_s },
});

const calendly = () => standardSet({
  ...inOneHeader(180),
  name: 'calendly', madeBy: 'by hand, after developer.calendly.com "Webhook Signatures"',
  body: '{"created_at":"2020-11-23T17:51:19.000000Z","created_by":"https://api.calendly.com/users/AAAAAAAAAAAAAAAA","event":"invitee.created","payload":{"uri":"https://api.calendly.com/scheduled_events/AAAAAAAAAAAAAAAA/invitees/AAAAAAAAAAAAAAAA"}}',
  signature: 'Calendly-Webhook-Signature', type: ['json:/event'], identity: 'body',
});

const courier = () => standardSet({
  ...inOneHeader(300, 'ms'), prefix: 'signature=',
  name: 'courier', madeBy: 'by hand, after courier.com "Outbound Webhooks" and hookdeck/webhook-skills',
  body: '{"type":"message:updated","data":{"id":"1-60f1a2b3-8a1c2d3e4f5a6b7c8d9e0f1a","status":"DELIVERED"}}',
  signature: 'courier-signature', type: ['json:/type'], identity: 'body',
});

const customerIo = () => standardSet({
  name: 'customer-io', madeBy: 'by hand, after CustomerIoTriggerHelpers of n8n-nodes-base 2.41.2 (npm)',
  body: '{"event_id":"01E4C4CT6YDC7Y5M7FE1GWWPQJ","object_type":"email","metric":"delivered","timestamp":1613063089,"data":{"delivery_id":"RPILAgUBcRhIBqSfeiIwdIYJKxTY"}}',
  signature: 'X-CIO-Signature',
  signed: (bytes, time) => [`v0:${time}:`, bytes],
  time: { header: 'X-CIO-Timestamp', unit: 's', tolerance_s: 300 },
  id: ['json:/event_id'], type: ['json:/metric'],
  more: ({ refused, good }) => refused('the version in front of the signature', { ...good, 'X-CIO-Signature': `v0=${good['X-CIO-Signature']}` }),
});

const langfuse = () => standardSet({
  ...inOneHeader(300),
  name: 'langfuse', madeBy: 'by hand, after packages/shared/src/encryption/signature.ts of langfuse/langfuse',
  body: '{"id":"550e8400-e29b-41d4-a716-446655440000","timestamp":"2024-07-10T10:30:00Z","type":"prompt-version","apiVersion":"v1","action":"created"}',
  secrets: ['a', 'b', 'c'].map((digit) => `lf-whsec_${digit.repeat(64)}`),
  signature: 'x-langfuse-signature', id: ['json:/id'], type: ['json:/type'],
  more: ({ refused, good }) =>
    refused('a secret without its prefix', good, 'mismatch', { secrets: ['a'.repeat(64)] }),
});

const metronome = () => standardSet({
  name: 'metronome', madeBy: 'by hand, after @trigger.dev/core 4.8.3 (npm), webhooks/index.js',
  body: '{"id":"5b6c7d8e-1f2a-4b3c-8d4e-5f6a7b8c9d0e","type":"alerts.low_remaining_credit_balance_reached","properties":{"customer_id":"tide"}}',
  signature: 'Metronome-Webhook-Signature', id: ['json:/id'], type: ['json:/type'],
  signed: (bytes, time) => [`${time}\n`, bytes],
  time: {
    header: 'X-Metronome-Date', unit: 'http', tolerance_s: 300,
    unreadable: ['1760000000', '2025-10-09T08:53:20Z', 'Thu, 09 Oct 2025 08:53:20', 'Thu, 32 Oct 2025 08:53:20 GMT', 'abc'],
  },
  more: async ({ verified, refused, good }) => {
    const { 'X-Metronome-Date': date, ...dated } = good;
    await verified('the date in the header that all have', { ...dated, Date: date });
    await verified('the date in both headers', { ...good, Date: 'Thu, 09 Oct 2025 10:00:00 GMT' });
    await refused('another date in the header that all have', { ...dated, Date: 'Thu, 09 Oct 2025 08:53:21 GMT' });
  },
});

const tailscale = () => standardSet({
  ...inOneHeader(300),
  name: 'tailscale', madeBy: 'by hand, after docs/webhooks/example.go of tailscale/tailscale',
  body: '[{"timestamp":"2022-09-21T13:37:51.658918-04:00","version":1,"type":"test","tailnet":"example.com","message":"This is a test event","data":null}]',
  signature: 'Tailscale-Webhook-Signature', identity: 'body',
});

const ID = 'Twitch-Eventsub-Message-Id';
const twitch = () => standardSet({
  name: 'twitch', madeBy: 'by hand, after dev.twitch.tv "Getting Events Using Webhook Callbacks" and @twurple/eventsub-http 8.1.4 (npm)',
  body: '{"subscription":{"id":"f1c2a387-161a-49f9-a165-0f21d7a4e1c4","type":"channel.follow","version":"2"},"event":{"user_id":"1234","broadcaster_user_id":"1337"}}',
  headers: {
    'Content-Type': 'application/json', [ID]: 'e76c6bd4-55c9-4987-8304-da1588d8988b',
    'Twitch-Eventsub-Message-Type': 'notification', 'Twitch-Eventsub-Subscription-Type': 'channel.follow',
  },
  signature: 'Twitch-Eventsub-Message-Signature', prefix: 'sha256=',
  signed: (bytes, time, { headers }) => [headers[ID], time, bytes],
  time: { header: 'Twitch-Eventsub-Message-Timestamp', unit: 'rfc3339', tolerance_s: 600 },
  id: [`header:${ID}`], type: ['header:Twitch-Eventsub-Subscription-Type'],
  more: async ({ verified, refused, good, signed }) => {
    await refused('no id header', without(good, ID), 'missing');
    await refused('the id of another message', { ...good, [ID]: 'befa7b53-d79d-478f-86b9-120f112b044e' });
    const challenge = '{"challenge":"pogchamp-kappa-360noscope-vohiyo","subscription":{"type":"channel.follow"}}';
    const headers = { ...(await signed(undefined, challenge)), 'Twitch-Eventsub-Message-Type': 'webhook_callback_verification' };
    await verified('a webhook_callback_verification', headers, { body: challenge });
  },
});

const zendesk = () => standardSet({
  name: 'zendesk', madeBy: 'by hand, after developer.zendesk.com "Verifying webhooks" and "Anatomy of a webhook request"',
  body: '{"account_id":22129848,"detail":{"id":"10001"},"event":{},"id":"2b24ef10-19d4-4740-93cf-8f98ec4776c0","subject":"zen:user:10001","time":"2099-07-04T05:33:18Z","type":"zen:event-type:user.created","zendesk_event_version":"2022-06-20"}',
  headers: { 'Content-Type': 'application/json; charset=utf-8', 'x-zendesk-webhook-invocation-id': '8350205582' },
  signature: 'x-zendesk-webhook-signature', encoding: 'base64',
  signed: (bytes, time) => [time, bytes],
  time: { header: 'x-zendesk-webhook-signature-timestamp', unit: 'rfc3339', tolerance_s: 300 },
  id: ['header:x-zendesk-webhook-invocation-id'], type: ['json:/type'],
  more: ({ refused }) => refused('the example of the old documentation, which signed the time behind the body', {
    'x-zendesk-webhook-signature-timestamp': '2021-07-25T10:00:00Z',
    'x-zendesk-webhook-signature': 'tRDSF7URY8BLCDlaBcQ7FHu051Zk+aAB0NKMP53teMw=',
  }, 'mismatch', { body: '{"say": "hello"}', secrets: ['HRkRd4BeOAoUkfZr-mhauJT64rvBASlJRoIyPsd3zeA='] }),
});

export const timedDocs = [calendly, courier, customerIo, langfuse, metronome, tailscale, twitch, zendesk];
