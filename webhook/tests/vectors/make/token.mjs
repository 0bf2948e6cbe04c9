// Providers that send a secret along in a header. There is nothing to sign and no SDK that judges; the pages and the
// implementations that are named say which header it is.
import { standardSet } from './standard_set.mjs';

/** What a token has in common with a signature: everything but that it covers something. */
const token = (row) => standardSet({
  secrets: ['tidegate-live-token', 'an-older-token', 'the-token-of-somebody-else'],
  tag: (secret) => Buffer.from(secret), encoding: 'utf8', signed: () => [], covers: false, ...row,
});
/** Basic authentication, as RFC 7617 has it. */
const basic = (row) => token({
  secrets: ['tide:g4te-live', 'tide:an-older-one', 'mallory:open-sesame'],
  signature: 'Authorization', prefix: 'Basic ', encoding: 'base64', ...row,
  more: async ({ refused, sent }) => {
    const sentAs = (pair) => sent(`Basic ${Buffer.from(pair).toString('base64')}`);
    await refused('another user with the right password', sentAs('mallory:g4te-live'));
    await refused('the right user without a password', sentAs('tide:'));
    await refused('the password as a bearer token', sent('Bearer g4te-live'));
    await refused('user and password in plain text', sent('Basic tide:g4te-live'));
  },
});

const eventGrid = () => token({
  name: 'azure-event-grid', madeBy: 'learn.microsoft.com, "Authenticate event delivery to event handlers" and "Custom delivery properties"',
  headers: { 'Content-Type': 'application/json; charset=utf-8', 'aeg-event-type': 'Notification', 'aeg-delivery-count': '0' },
  body: '[{"id":"831e1650-001e-001b-66ab-eeb76e069631","topic":"/subscriptions/tide","subject":"/blobServices/default","eventType":"Microsoft.Storage.BlobCreated","eventTime":"2025-10-09T08:53:20Z","data":{},"dataVersion":"1","metadataVersion":"1"}]',
  signature: 'Authorization', identity: 'body', type: ['json:/0/eventType', 'json:/0/type', 'json:/type'],
  more: async ({ verified, refused, good }) => {
    const { Authorization: live, ...bare } = good;
    const at = (query) => ({ url: `https://hooks.example.com/hooks/azure-event-grid?${query}` });
    await verified('the secret in the URL', bare, at(`tide=in&token=${live}`));
    await verified('the secret in the URL, escaped', bare, at(`token=${live.replace('-', '%2D')}`));
    await verified('the secret in the URL and another header', { ...bare, Authorization: 'Bearer of-somebody-else' }, at(`token=${live}`));
    await verified('a CloudEvent', good, { body: '{"specversion":"1.0","id":"831e1650-001e","type":"Microsoft.Storage.BlobCreated","source":"/subscriptions/tide","data":{}}' });
    await refused('another secret in the URL', bare, 'mismatch', at('token=the-token-of-somebody-else'));
    await refused('an empty secret in the URL', bare, 'missing', at('token='));
    await refused('the secret in another parameter', bare, 'missing', at(`code=${live}`));
    await refused('the secret as a bearer token', { ...bare, Authorization: `Bearer ${live}` });
  },
});

const bandwidth = () => basic({
  name: 'bandwidth', madeBy: 'dev.bandwidth.com, "Messaging webhooks", an application with callback credentials; node:crypto',
  body: '[{"type":"message-delivered","time":"2025-10-09T08:53:20Z","description":"ok","message":{"id":"14762070468292kw2fuqty55yp2b2","direction":"out"}}]',
  identity: 'body', type: ['json:/0/type', 'json:/eventType'],
});

const chargebee = () => basic({
  name: 'chargebee', madeBy: 'chargebee.com, "Events and webhooks", basic authentication; node:crypto',
  body: '{"id":"ev_169lyvUqMPZ1Tide","occurred_at":1760000000,"object":"event","event_type":"customer_created","content":{}}',
  id: ['json:/id'], type: ['json:/event_type'],
});

const gitlab = () => token({
  name: 'gitlab', madeBy: 'docs.gitlab.com, "Webhooks", sections "Delivery headers" and "Secret token"',
  headers: {
    'Content-Type': 'application/json', 'X-Gitlab-Event': 'Push Hook', 'Idempotency-Key': 'f5e5f430-f57b-4e6e-9fac-d9128cd7232f',
    'X-Gitlab-Event-UUID': '13792a34-cac6-4fda-95a8-c58e00a3954e', 'X-Gitlab-Instance': 'https://gitlab.example.com',
  },
  body: '{"object_kind":"push","event_name":"push","ref":"refs/heads/main","project_id":15}',
  signature: 'X-Gitlab-Token', id: ['header:Idempotency-Key'], type: ['header:X-Gitlab-Event', 'json:/object_kind'],
});

const okta = () => token({
  name: 'okta', madeBy: 'developer.okta.com, "Event hooks", authentication by header',
  body: '{"eventType":"com.okta.event_hook","eventId":"b5a188b9-5ece-4636-b041-482ffda96311","data":{"events":[{"eventType":"user.lifecycle.create"}]}}',
  signature: 'Authorization', id: ['json:/eventId'], type: ['json:/eventType'],
});

const postmark = () => basic({
  name: 'postmark', madeBy: 'postmarkapp.com, "Webhooks", HTTP authentication; node:crypto',
  body: '{"MessageID":"883953f4-6105-42a2-a16a-77a8eac79483","Recipient":"marina@example.com","RecordType":"Delivery","ServerID":23}',
  identity: 'body', type: ['json:/RecordType'],
});

const telegram = () => token({
  name: 'telegram', madeBy: 'grammy 1.46.0 (npm), compareSecretToken of its webhookCallback, the same header',
  body: '{"update_id":874625301,"message":{"message_id":1365,"date":1760000000,"text":"/tide"}}',
  signature: 'X-Telegram-Bot-Api-Secret-Token', id: ['json:/update_id'],
});

export const tokenFamily = [eventGrid, bandwidth, chargebee, gitlab, okta, postmark, telegram];
