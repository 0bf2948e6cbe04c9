// Those who sign the body in hex and give their events an id.
import EasyPost from '@easypost/api';
import { LinearWebhookClient } from '@linear/sdk/webhooks';
import notion from '@notionhq/client';
import { verifyPlainWebhook } from '@team-plain/typescript-sdk';
import coinbase from 'coinbase-commerce-node';
import { verifySignature } from 'gocardless-nodejs/webhooks';
import mailersend from 'mailersend/lib/services/mailersend.utils.js';
import Razorpay from 'razorpay';
import { header, hmac } from './case.mjs';
import { JSON_READ, TEXT_COMPARED, TEXT_SIGNED, atTime, standardSet } from './standard_set.mjs';
import { lower } from './timed-clock.mjs';

const UPPER = 'a signature in upper-case hex';
const SPACE = 'white space around the signature';
const json = { 'Content-Type': 'application/json' };
const only = (differs, ...names) => Object.fromEntries(names.map((name) => [name, differs[name]]));

const easypost = new EasyPost('EZAK-example');
const TRACKER = '{"description":"tracker.updated","mode":"production","id":"evt_2f9d1c6a8b8a11f0a1f3ac1f6bc539ae","object":"Event",'
  + '"result":{"id":"trk_5b8e2c1d7f3a4e6f9b0a1c2d3e4f5a6b","object":"Tracker","tracking_code":"EZ2000000002","status":"in_transit","weight":136.0}}';
const LINEAR = '{"action":"create","type":"Issue","data":{"id":"2174add1-f7c8-44e3-bbf3-2d60b5ea8bc9","title":"Tide"},"webhookTimestamp":1760000000000}';
const CUSTOMER = JSON.stringify({
  id: 'c_01J9ZK3M5Q7R9T1V3X5Z7B9D1F',
  email: { email: 'mara@example.com', isVerified: true, verifiedAt: null },
  externalId: null, fullName: 'Mara Example', shortName: null, customerGroupMemberships: [],
  createdAt: '2025-10-09T08:53:19.000Z', createdBy: { actorType: 'system', system: 'EMAIL_INBOUND_HANDLER' },
  updatedAt: '2025-10-09T08:53:19.000Z', updatedBy: { actorType: 'system', system: 'EMAIL_INBOUND_HANDLER' },
});
const PLAIN = `{"timestamp":"2025-10-09T08:53:19.000Z","workspaceId":"w_01J9ZK3M5Q7R9T1V3X5Z7B9D1G","payload":{"eventType":"customer.customer_created","customer":${CUSTOMER}},`
  + '"id":"pEv_01J9ZK3M5Q7R9T1V3X5Z7B9D1H","type":"customer.customer_created","webhookMetadata":{"webhookTargetId":"whTarget_01J9ZK3M5Q7R9T1V3X5Z7B9D1J",'
  + '"webhookTargetVersion":"2026-02-27","webhookDeliveryAttemptId":"whAttempt_01J9ZK3M5Q7R9T1V3X5Z7B9D1K","webhookDeliveryAttemptNumber":1,'
  + '"webhookDeliveryAttemptTimestamp":"2025-10-09T08:53:20Z"}}';

/** What schemes have in common whose time lies in a JSON body: a body without one cannot be verified. */
const dated = (body, emoji, large) => ({
  body, emoji,
  expects: {
    'a body that is not UTF-8': 'missing', 'an empty body': 'missing',
    'an empty body under the signature of another': 'missing',
  },
  skip: ['a body of 200 KiB'],
  more: async ({ verified, signed }) => verified('a body of 26 KB', await signed(undefined, large), { body: large }),
});

const descriptions = [
  {
    name: 'attio', madeBy: 'docs.attio.com "Webhooks", signed by node:crypto', signature: 'Attio-Signature',
    headers: { ...json, 'Idempotency-Key': '4a8b5b5a-3c36-4f1e-8d5f-6d2a6e6c9f10' },
    body: '{"webhook_id":"23e42eaf-323a-41da-b5bb-fd67eebda553","events":[{"event_type":"record.created","id":{"workspace_id":"14beef7a"}}]}',
    id: ['header:Idempotency-Key'], type: ['json:/events/0/event_type'],
  },
  {
    name: 'bitbucket', madeBy: 'support.atlassian.com "Manage webhooks", signed by node:crypto', signature: 'X-Hub-Signature', prefix: 'sha256=',
    headers: { ...json, 'X-Event-Key': 'repo:push', 'X-Request-UUID': '5b3ab3c1-6e1b-4b39-9d1c-5a0e1f1f9b11', 'X-Attempt-Number': '1' },
    body: '{"push":{"changes":[{"forced":false}]},"repository":{"full_name":"tide/gate"}}',
    id: ['header:X-Request-UUID'], type: ['header:X-Event-Key'],
    more: async ({ add, good, read }) => {
      // The example of "Manage webhooks".
      const documented = { secrets: ["It's a Secret to Everybody"], body: 'Hello World!' };
      const signature = 'sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9';
      const headers = { ...good, 'X-Hub-Signature': signature };
      await add({ name: 'the documented example', ...documented, headers, expect: 'verified', secret: 0, ...read(documented.body) });
    },
  },
  {
    name: 'circleci', madeBy: 'circleci.com/docs "Outbound webhooks", signed by node:crypto', signature: 'circleci-signature', prefix: 'v1=', list: ',',
    body: '{"id":"3888f21b-eaa7-38e3-8f3d-75a63bba8895","type":"workflow-completed","happened_at":"2025-10-09T08:53:20.000Z"}',
    id: ['json:/id'], type: ['json:/type'],
    more: async ({ add, good, read }) => {
      // Three of the examples of "Outbound webhooks".
      for (const [body, secret, tag] of [
        ['hello world', 'secret', '734cc62f32841568f45715aeb9f4d7891324e6d948e4c6c60c0621cdac48623a'],
        ['lalala', 'another-secret', 'daa220016c8f29a8b214fbfc3671aeec2145cfb1e6790184ffb38b6d0425fa00'],
        ['an-important-request-payload', 'hunter123', '9be2242094a9a8c00c64306f382a7f9d691de910b4a266f67bd314ef18ac49fa'],
      ]) {
        const headers = { ...good, 'circleci-signature': `v1=${tag}` };
        await add({ name: `the documented example "${body}"`, secrets: [secret], headers, body, expect: 'verified', secret: 0, ...read(body) });
      }
    },
  },
  {
    name: 'coinbase-commerce', madeBy: 'coinbase-commerce-node 1.0.4 (npm), Webhook.computeSignature, checked with Webhook.verifySigHeader',
    signature: 'X-CC-Webhook-Signature',
    body: '{"attempt_number":1,"event":{"id":"24934862-d980-46cb-9402-43c81b0cdba6","type":"charge:created"},"id":"4b1a6d2e"}',
    id: ['json:/event/id'], type: ['json:/event/type'],
    sdkSign: (secret, text) => ({ 'X-CC-Webhook-Signature': coinbase.Webhook.computeSignature(text, secret) }),
    accepts: (request, secret) => coinbase.Webhook.verifySigHeader(request.text, header(request, 'X-CC-Webhook-Signature'), secret),
    differs: { ...only(TEXT_COMPARED, UPPER, SPACE), ...TEXT_SIGNED },
  },
  {
    name: 'easypost', madeBy: '@easypost/api 8.9.0 (npm), utils.validateWebhook; signed by node:crypto',
    signature: 'X-Hmac-Signature', prefix: 'hmac-sha256-hex=', body: TRACKER,
    // Others than ASCII are no secrets of ours: the SDK reads them in a normal form.
    secrets: ['tidegate-live-secret', 'an-older-secret', 'the-secret-of-somebody-else'],
    id: ['json:/id'], type: ['json:/description'],
    accepts: (request, secret) => easypost.Utils.validateWebhook(request.bytes, lower(request), secret) !== undefined,
    differs: {
      ...only(TEXT_COMPARED, UPPER, SPACE), ...JSON_READ,
      'a whole weight that JavaScript has written again': 'the SDK writes whole weights as fractions before it verifies',
      'a whole weight, signed as it stands': 'the SDK for Node writes it as a fraction; the one for Python accepts it',
    },
    more: async ({ verified, refused, good, signed }) => {
      const again = JSON.stringify(JSON.parse(TRACKER));
      await refused('a whole weight that JavaScript has written again', good, 'mismatch', { body: again });
      await verified('a whole weight, signed as it stands', await signed(undefined, again), { body: again });
    },
  },
  {
    name: 'formstack', madeBy: 'n8n-nodes-base 2.41.2 (npm), FormstackTriggerHelpers, read; signed by node:crypto',
    signature: 'X-FS-Signature', prefix: 'sha256=',
    body: '{"FormID":"1234567","UniqueID":"987654321","Name":{"first":"Mara","last":"Example"}}', id: ['json:/UniqueID'],
  },
  {
    name: 'gitea', madeBy: 'Gitea, services/webhook/deliver.go, read; signed by node:crypto', signature: 'X-Gitea-Signature',
    headers: { ...json, 'X-Gitea-Delivery': 'f6266f16-1bf3-46a5-9ea4-602e06ead473', 'X-Gitea-Event': 'push', 'X-GitHub-Event': 'push' },
    body: '{"ref":"refs/heads/main","repository":{"full_name":"tide/gate"}}',
    id: ['header:X-Gitea-Delivery'], type: ['header:X-Gitea-Event'],
    more: async ({ verified, refused, good }) => {
      const { 'X-Gitea-Signature': tag, ...unsigned } = good;
      await verified('the header of Forgejo', { ...unsigned, 'X-Forgejo-Signature': tag });
      await verified('the header of Gogs', { ...unsigned, 'X-Gogs-Signature': tag });
      await refused('only the header that is named as GitHub\'s', { ...unsigned, 'X-Hub-Signature-256': `sha256=${tag}` }, 'missing');
      await refused('an empty signature, as is sent without a secret', { ...unsigned, 'X-Gitea-Signature': '' }, 'missing');
      const form = { ...good, 'Content-Type': 'application/x-www-form-urlencoded' };
      const event = '{"ref":"refs/heads/main","repository":{"full_name":"tide/gate"}}';
      const body = `payload=${encodeURIComponent(event)}`;
      await verified('a form, of which the JSON is signed', form, { body });
      await verified('a form with a field that nobody signed', form, { body: `ref=none&${body}&ref=none` });
      await verified('a form with a second payload, which is not read', form, { body: `${body}&payload=%7B%7D` });
      await refused('a form with another payload before the one that is signed', form, 'mismatch', { body: `payload=%7B%7D&${body}` });
      await refused('a form with an empty payload', form, 'mismatch', { body: 'payload=' });
      await refused('the form under another content type', good, 'mismatch', { body });
      const byForm = { ...form, 'X-Gitea-Signature': hmac('sha256', 'tidegate-live-secret', body).toString('hex') };
      await refused('a form whose bytes are signed', byForm, 'mismatch', { body });
      await refused('JSON under the content type of a form', form, 'mismatch', { body: event });
    },
  },
  {
    name: 'gocardless', madeBy: 'gocardless-nodejs 10.1.2 (npm), webhooks.verifySignature; signed by node:crypto', signature: 'Webhook-Signature',
    body: '{"events":[{"id":"EV123","resource_type":"payments","action":"confirmed"}],"meta":{"webhook_id":"WB123"}}',
    id: ['json:/meta/webhook_id'],
    accepts: (request, secret) => verifySignature(request.bytes, secret, header(request, 'Webhook-Signature')) ?? true,
    differs: {
      ...only(TEXT_COMPARED, SPACE),
      'two signatures, joined as if the header were a list': 'the SDK reads hex up to the first letter that is none',
    },
  },
  {
    name: 'jira', madeBy: 'developer.atlassian.com "Webhooks", signed by node:crypto', signature: 'X-Hub-Signature', prefix: 'sha256=',
    headers: { ...json, 'X-Atlassian-Webhook-Identifier': '2a8c4e91-0f4c-4a8e-9f0b-6b8a0a8d9f21' },
    body: '{"timestamp":1760000000000,"webhookEvent":"jira:issue_updated","issue":{"id":"10002","key":"TIDE-1"}}',
    id: ['header:X-Atlassian-Webhook-Identifier'], type: ['json:/webhookEvent'],
  },
  {
    name: 'linear', madeBy: '@linear/sdk 98.0.0 (npm), LinearWebhookClient.verify; signed by node:crypto', signature: 'Linear-Signature',
    headers: { ...json, 'Linear-Delivery': '234d1a4e-b617-4388-90fe-adc3633d6b72', 'Linear-Event': 'Issue', 'Linear-Timestamp': '1' },
    time: {
      unit: 'ms', tolerance_s: 60,
      dated: (body, time) => body.replace(/"webhookTimestamp":\d+/, `"webhookTimestamp":${JSON.stringify(time) ?? null}`),
    },
    id: ['header:Linear-Delivery'], type: ['json:/type'],
    accepts: (request, secret) => atTime(request.now_ms, () =>
      new LinearWebhookClient(secret).verify(request.bytes, header(request, 'Linear-Signature'))),
    ...dated(LINEAR, LINEAR.replace('Tide', 'Tidé 🌊\\r\\n'), LINEAR.replace('Tide', 'tide '.repeat(5300))),
    differs: {
      ...only(TEXT_COMPARED, UPPER, SPACE),
      'the last millisecond of the tolerance': 'the SDK counts milliseconds, we count whole seconds',
    },
  },
  {
    name: 'mailersend', madeBy: 'mailersend 3.4.0 (npm), MailerSendUtils.verifyWebHook; signed by node:crypto', signature: 'Signature',
    body: '{"type":"activity.delivered","domain_id":"yv69oxl5kl785kw2","created_at":"2025-10-09T08:53:20.000000Z","data":{"object":"activity","id":"62f114f8165fe0d8db0288e3"}}',
    id: ['json:/data/id'], type: ['json:/type'],
    accepts: (request, secret) => mailersend.MailerSendUtils.verifyWebHook(request.body_repeat ? request.text : request.bytes, header(request, 'Signature'), secret),
    differs: { ...only(TEXT_COMPARED, UPPER, SPACE), ...TEXT_SIGNED },
  },
  {
    name: 'notion', madeBy: '@notionhq/client 5.26.0 (npm), signWebhookPayload, checked with verifyWebhookSignature',
    signature: 'X-Notion-Signature', prefix: 'sha256=',
    body: '{"id":"367cba44-b6f3-4c92-81e7-6a2e9659efd4","type":"page.created","attempt_number":1,"entity":{"id":"153104cd","type":"page"}}',
    id: ['json:/id'], type: ['json:/type'],
    sdkSign: async (verificationToken, body) => ({ 'X-Notion-Signature': await notion.signWebhookPayload({ body, verificationToken }) }),
    accepts: (request, verificationToken) =>
      notion.verifyWebhookSignature({ body: request.bytes, signature: header(request, 'X-Notion-Signature'), verificationToken }),
    differs: only(TEXT_COMPARED, SPACE),
    more: async ({ refused }) =>
      refused('the verification token, which comes unsigned', json, 'missing', { body: '{"verification_token":"secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl"}' }),
  },
  {
    name: 'pagerduty', madeBy: 'developer.pagerduty.com "Verifying Signatures", signed by node:crypto',
    signature: 'X-PagerDuty-Signature', prefix: 'v1=', list: ',', headers: { ...json, 'X-Webhook-Id': 'PFXZS5G' },
    body: '{"event":{"id":"01BZVI0XB51J2QV1","event_type":"incident.triggered","resource_type":"incident"}}',
    id: ['json:/event/id'], type: ['json:/event/event_type'],
  },
  {
    name: 'plain', madeBy: '@team-plain/typescript-sdk 5.12.1 (npm), verifyPlainWebhook; signed by node:crypto', signature: 'Plain-Request-Signature',
    time: {
      unit: 'rfc3339', tolerance_s: 300,
      dated: (body, time) => body.replace('"2025-10-09T08:53:20Z"', JSON.stringify(time) ?? null),
    },
    id: ['json:/id'], type: ['json:/type'],
    accepts: (request, secret) => atTime(request.now_ms, () =>
      Boolean(verifyPlainWebhook(request.text, header(request, 'Plain-Request-Signature'), secret).data)),
    ...dated(PLAIN, PLAIN.replace('Mara', 'Mára 🌊\\r\\n'), PLAIN.replace('Mara', 'Mara '.repeat(5200))),
    differs: {
      ...only(TEXT_COMPARED, UPPER, SPACE),
      'the last millisecond of the tolerance': 'the SDK counts milliseconds, we count whole seconds',
    },
  },
  {
    name: 'razorpay', madeBy: 'razorpay 2.9.8 (npm), Razorpay.validateWebhookSignature; signed by node:crypto', signature: 'X-Razorpay-Signature',
    headers: { ...json, 'X-Razorpay-Event-Id': 'KtZ2vJ1pGqN5aB' },
    body: '{"entity":"event","account_id":"acc_BFQ7uQEaa7j2z7","event":"payment.captured","contains":["payment"],"created_at":1760000000}',
    id: ['header:X-Razorpay-Event-Id'], type: ['json:/event'],
    accepts: (request, secret) => Razorpay.validateWebhookSignature(request.text, header(request, 'X-Razorpay-Signature'), secret),
    differs: { ...only(TEXT_COMPARED, UPPER, SPACE), ...TEXT_SIGNED },
  },
  {
    name: 'sentry', madeBy: 'docs.sentry.io "Webhooks", signed by node:crypto', signature: 'Sentry-Hook-Signature',
    headers: { ...json, 'Request-ID': 'b7a1e2c35d9f4e0d8a6b4c2d1e0f9a8b', 'Sentry-Hook-Resource': 'issue', 'Sentry-Hook-Timestamp': '1' },
    body: '{"action":"created","installation":{"uuid":"a8e5d37a"},"data":{"issue":{"id":"1170820242"}},"actor":{"type":"application"}}',
    id: ['header:Request-ID'], type: ['header:Sentry-Hook-Resource'],
  },
];

export const body = descriptions.map((description) => () => standardSet(description));
