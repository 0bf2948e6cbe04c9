// Those who sign the body in base64.
import HmacValidator from '@adyen/api-library/lib/src/utils/hmacValidator.js';
import hookdeck from '@hookdeck/sdk/webhooks/helpers.js';
import { validateSignature } from '@line/bot-sdk';
import { header } from './case.mjs';
import { TEXT_COMPARED, TEXT_SIGNED, standardSet } from './standard_set.mjs';

const json = { 'Content-Type': 'application/json' };
const adyen = new HmacValidator.default();
const { 'a signature without its padding': PADDING, 'white space around the signature': SPACE } = TEXT_COMPARED;
const NODE_BASE64 = Object.fromEntries(['the signature and more', 'two signatures, joined as if the header were a list'].map(
  (name) => [name, 'the SDK reads base64 up to its padding'],
));

const descriptions = [
  {
    name: 'acuity', madeBy: 'developers.acuityscheduling.com "Webhooks", signed by node:crypto', signature: 'X-Acuity-Signature', encoding: 'base64',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: 'action=scheduled&id=1234567&calendarID=12345&appointmentTypeID=67890',
    type: ['form:action'],
  },
  {
    name: 'adyen-platform', madeBy: '@adyen/api-library 32.1.0 (npm), hmacValidator.calculateHmac, checked with validateHMACSignature',
    signature: 'HmacSignature', encoding: 'base64', headers: { ...json, Protocol: 'HmacSHA256' },
    secrets: ['746964656761746500ff6c697665', 'DFB1EB5485895CFA84146406857104AB', '736F6D65626F647920656C7365'],
    key: (secret) => Buffer.from(secret, 'hex'),
    body: '{"data":{"balancePlatform":"Tide","accountHolder":{"id":"AH3227C223222B5CMD2SXFKGT"}},"environment":"test","type":"balancePlatform.accountHolder.updated"}',
    type: ['json:/type'],
    sdkSign: (secret, text) => ({ HmacSignature: adyen.calculateHmac(text, secret) }),
    accepts: (request, secret) => adyen.validateHMACSignature(secret, header(request, 'HmacSignature'), request.text),
    differs: { ...TEXT_SIGNED, ...NODE_BASE64 },
  },
  {
    name: 'docusign', madeBy: 'developers.docusign.com "HMAC security in Connect", signed by node:crypto', signature: 'X-DocuSign-Signature-1', encoding: 'base64',
    body: '{"event":"envelope-completed","apiVersion":"v2.1","retryCount":0,"generatedDateTime":"2025-10-09T08:53:20.000Z","data":{"envelopeId":"7e4b1a52"}}',
    type: ['json:/event'],
    more: async ({ verified, refused, good, signed }) => {
      const { 'X-DocuSign-Signature-1': ours, ...unsigned } = good;
      const { 'X-DocuSign-Signature-1': other } = await signed('an-older-secret-äöü');
      await verified('ours the second of two keys', { ...unsigned, 'X-DocuSign-Signature-1': other, 'X-DocuSign-Signature-2': ours });
      await verified('ours the tenth key', { ...unsigned, 'X-DocuSign-Signature-1': other, 'X-DocuSign-Signature-10': ours });
      await refused('two keys, neither of them ours', { ...unsigned, 'X-DocuSign-Signature-1': other, 'X-DocuSign-Signature-2': other });
    },
  },
  {
    name: 'hookdeck', madeBy: '@hookdeck/sdk 0.4.0 (npm), verifyWebhookSignature; signed by node:crypto', signature: 'X-Hookdeck-Signature', encoding: 'base64',
    headers: { ...json, 'X-Hookdeck-EventId': 'evt_6uZ5Yg0oMsD3RbTmQ1', 'X-Hookdeck-Verified': 'true' },
    body: '{"order":{"id":"7001","status":"paid"}}', id: ['header:X-Hookdeck-EventId'],
    accepts: async ({ headers, text }, signingSecret) => {
      const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
      return (await hookdeck.verifyWebhookSignature({ headers: lower, rawBody: text, signingSecret })).isValidSignature;
    },
    differs: {
      ...TEXT_SIGNED, 'a signature without its padding': PADDING, 'white space around the signature': SPACE,
      'the second header alone': 'the SDK wants the first header to be there',
    },
    more: async ({ verified, refused, good, signed }) => {
      const { 'X-Hookdeck-Signature': ours, ...unsigned } = good;
      const { 'X-Hookdeck-Signature': other } = await signed('an-older-secret-äöü');
      await verified('ours in the second header', { ...unsigned, 'X-Hookdeck-Signature': other, 'X-Hookdeck-Signature-2': ours });
      await verified('the second header alone', { ...unsigned, 'X-Hookdeck-Signature-2': ours });
      await refused('two headers, neither of them ours', { ...unsigned, 'X-Hookdeck-Signature': other, 'X-Hookdeck-Signature-2': other });
    },
  },
  {
    name: 'line', madeBy: '@line/bot-sdk 11.2.0 (npm), validateSignature; signed by node:crypto', signature: 'X-Line-Signature', encoding: 'base64',
    body: '{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[{"type":"message","webhookEventId":"01FZ74A0TDDPYRVKNK77XKC3ZR","timestamp":1760000000000}]}',
    accepts: (request, secret) => validateSignature(request.bytes, secret, header(request, 'X-Line-Signature')),
    differs: NODE_BASE64,
    more: async ({ verified, signed }) => {
      const body = '{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[]}';
      await verified('a webhook without events, as "Verify" sends it', await signed(undefined, body), { body });
    },
  },
  {
    name: 'mautic', madeBy: 'n8n-nodes-base 2.41.2 (npm), MauticTriggerHelpers, read; signed by node:crypto', signature: 'Webhook-Signature', encoding: 'base64',
    body: '{"mautic.lead_post_save_new":[{"lead":{"id":7,"points":0},"timestamp":"2025-10-09T08:53:20+00:00"}]}',
  },
  {
    name: 'typeform', madeBy: 'n8n-nodes-base 2.41.2 (npm), TypeformTriggerHelpers, read; signed by node:crypto',
    signature: 'Typeform-Signature', prefix: 'sha256=', encoding: 'base64',
    body: '{"event_id":"LtWXD3crgy","event_type":"form_response","form_response":{"form_id":"lT4Z3j","token":"a3a12ec67a1365927098a606107fac15"}}',
    id: ['json:/event_id'], type: ['json:/event_type'],
  },
  {
    name: 'woocommerce', madeBy: 'WooCommerce, includes/class-wc-webhook.php, read; signed by node:crypto', signature: 'X-WC-Webhook-Signature', encoding: 'base64',
    headers: { ...json, 'X-WC-Webhook-Delivery-ID': '9a6f2f3c1c2d4e5f8a7b6c5d4e3f2a1b', 'X-WC-Webhook-Topic': 'order.created' },
    body: '{"id":727,"parent_id":0,"status":"processing","currency":"EUR","total":"29.35"}',
    identity: 'id+body', id: ['header:X-WC-Webhook-Delivery-ID'], type: ['header:X-WC-Webhook-Topic'],
    more: async ({ refused }) => {
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
      await refused('the ping, which is no delivery', headers, 'missing', { body: 'webhook_id=1' });
    },
  },
  {
    name: 'xero', madeBy: 'developer.xero.com "Webhooks", signed by node:crypto', signature: 'x-xero-signature', encoding: 'base64',
    answers: { rejected: 401 },
    body: '{"events":[{"resourceId":"717f2bfc","eventCategory":"INVOICE","eventType":"UPDATE"}],"firstEventSequence":1,"lastEventSequence":1,"entropy":"S0m3r4Nd0mt3xt"}',
    more: async ({ verified, refused, signed }) => {
      const body = '{"events":[],"firstEventSequence":0,"lastEventSequence":0,"entropy":"S0m3r4Nd0mt3xt"}';
      await verified('the intent to receive', await signed(undefined, body), { body });
      await refused('the intent to receive under a wrong signature', await signed('somebody', body), 'mismatch', { body });
    },
  },
];

export const bodyBase64 = descriptions.map((description) => () => standardSet(description));
