// Those who sign the body with another hash than SHA-256. None has an SDK that signs or verifies.
import { hmac } from './case.mjs';
import { standardSet } from './standard_set.mjs';

const json = { 'Content-Type': 'application/json' };
const n8n = (file) => `n8n-nodes-base 2.41.2 (npm), ${file}, read; signed by node:crypto`;
const trigger = '@trigger.dev/core 4.8.3 (npm), webhooks, read; signed by node:crypto';

const descriptions = [
  {
    name: 'help-scout', madeBy: n8n('HelpScoutTrigger'), signature: 'X-HelpScout-Signature', hash: 'sha1', encoding: 'base64',
    headers: { ...json, 'X-HelpScout-Event': 'convo.created' },
    body: '{"id":123456,"number":523,"status":"active","subject":"High tide","userUpdatedAt":"2025-10-09T08:53:20Z"}',
    type: ['header:X-HelpScout-Event'],
  },
  {
    name: 'intercom', madeBy: trigger, signature: 'X-Hub-Signature', prefix: 'sha1=', hash: 'sha1',
    body: '{"type":"notification_event","topic":"conversation.user.created","id":"notif_4e3504a3-ba3f-46dc-ab48-8e4d5bdfdf4e","data":{"type":"notification_event_data"}}',
    id: ['json:/id'], type: ['json:/topic'],
    more: async ({ refused, good }) => {
      const sha256 = `sha256=${hmac('sha256', 'tidegate-live-secret', '{}').toString('hex')}`;
      await refused('a signature as Jira has it in this header', { ...good, 'X-Hub-Signature': sha256 }, 'mismatch', { body: '{}' });
    },
  },
  {
    name: 'onfleet', madeBy: n8n('OnfleetTriggerHelpers'), signature: 'X-Onfleet-Signature', hash: 'sha512',
    secrets: ['746964656761746500ff6c697665', 'DFB1EB5485895CFA84146406857104AB', '736F6D65626F647920656C7365'],
    key: (secret) => Buffer.from(secret, 'hex'),
    body: '{"taskId":"GvuwUz4~3Sd6NhVoLiEjM5sb","triggerId":3,"triggerName":"taskCompleted","time":1760000000000}', type: ['json:/triggerName'],
  },
  {
    name: 'surveymonkey', madeBy: n8n('SurveyMonkeyTrigger'), signature: 'Sm-Signature', hash: 'sha1', encoding: 'base64',
    secrets: ['client-id&client-secret', 'client-id&older-secret', 'somebody&else'],
    headers: { 'Content-Type': 'application/json' },
    body: '{"name":"Tides","filter_type":"survey","filter_id":"123456789","event_type":"response_completed","event_id":"123456780"}',
    id: ['json:/event_id'], type: ['json:/event_type'],
  },
  {
    name: 'taiga', madeBy: n8n('TaigaTriggerHelpers'), signature: 'X-TAIGA-WEBHOOK-SIGNATURE', hash: 'sha1',
    body: '{"action":"create","type":"issue","by":{"id":6},"date":"2025-10-09T08:53:20.000Z","data":{"id":7}}', type: ['json:/type'],
  },
  {
    name: 'vercel', madeBy: trigger, signature: 'x-vercel-signature', hash: 'sha1',
    body: '{"id":"uev_CfgJkrjJ3ZwVdA3rYxT8mHwQ","type":"deployment.created","createdAt":1760000000000,"payload":{"target":"production"}}',
    id: ['json:/id'], type: ['json:/type'],
  },
  {
    name: 'webex', madeBy: n8n('CiscoWebexTrigger'), signature: 'X-Spark-Signature', hash: 'sha1',
    body: '{"id":"Y2lzY29zcGFyazovL3VzL1dFQkhPT0s","name":"Tides","resource":"messages","event":"created","data":{"id":"Y2lzY29zcGFyazovL3VzL01FU1NBR0U"}}',
    type: ['json:/resource'],
  },
];

export const bodyOtherHash = descriptions.map((description) => () => standardSet(description));
