// Providers that follow Standard Webhooks, each with its own SDK as the judge.
import Anthropic from '@anthropic-ai/sdk';
import { verifyWebhook } from '@clerk/backend/webhooks';
import { WebhookHandler } from '@liveblocks/node';
import { WebhookVerificationError, validateEvent } from '@polar-sh/sdk/webhooks';
import OpenAI from 'openai';
import { validateWebhook } from 'replicate';
import { Resend } from 'resend';
import { Webhook } from 'standardwebhooks';
import { without } from './shared.mjs';
import { TEXT_COMPARED, TEXT_SIGNED, standardSet } from './standard_set.mjs';
import { ALL_TEXTS, NO_AGE, atTime, because, lower, signedWith } from './timed-clock.mjs';

const MESSAGE = 'msg_2KWPBgLlAfxdpx2AI54pPJ85f4W';
const WHSEC = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'whsec_b2xkb2xkb2xkb2xkb2xkb2xkb2xk', 'whsec_Zm9yZWlnbmZvcmVpZ25mb3JlaWdu'];
const named = (family) => ['id', 'timestamp', 'signature'].map((part) => `${family}-${part}`);
const OTHER = { webhook: 'svix', svix: 'webhook' };

const COMPARES_TEXT = because(TEXT_COMPARED['a signature without its padding'], 'a signature without its padding');
const OTHER_FAMILY = because('the SDK reads one family of headers', 'the headers of the other family');
const NO_VERSION = because('the SDK does not look at the version', 'the prefix in upper case', 'only an asymmetric signature');
const READS_DIGITS = signedWith('the SDK reads the digits from the front', '+1760000000', '1760000000.5');

/** The description that they have in common, their headers named after `name`; `either` where we take the other family too. */
function family(name, { headers, either = true, differs = COMPARES_TEXT, ...description }) {
  const [id, time, signature] = named(name);
  return standardSet({
    headers: { 'content-type': 'application/json', [id]: MESSAGE, ...headers },
    secrets: WHSEC, key: (secret) => Buffer.from(secret.replace('whsec_', ''), 'base64'),
    signature, prefix: 'v1,', encoding: 'base64', list: ' ',
    signed: (bytes, written) => [`${MESSAGE}.${written}.`, bytes],
    time: { header: time, unit: 's', tolerance_s: 300 },
    id: [`header:${id}`], type: ['json:/type'],
    differs: { ...TEXT_SIGNED, ...(either ? OTHER_FAMILY : {}), ...differs },
    more: (tools) => messages(tools, name, either),
    ...description,
  });
}

/** What only a signed id can get wrong, and the two families of headers. */
async function messages({ verified, refused, good, sent }, name, either) {
  const [id, time, signature] = named(name);
  const [otherId, otherTime, otherSignature] = named(OTHER[name]);
  await refused('no id header', without(good, id), 'missing');
  await refused('a blank id header', { ...good, [id]: '' }, 'missing');
  await refused('the id of another message', { ...good, [id]: 'msg_somethingElse' });
  const alone = good[signature].slice('v1,'.length);
  await verified('an asymmetric signature and a later version beside ours', sent(`v1a,${alone} v2,${alone} ${good[signature]}`));
  await refused('only an asymmetric signature', sent(`v1a,${alone}`));
  const { [id]: message, [time]: written, [signature]: value, ...rest } = good;
  const others = { ...rest, [otherId]: message, [otherTime]: written, [otherSignature]: value };
  if (!either) return refused('the headers of the other family', others, 'missing');
  await verified('the headers of the other family', others);
  return refused('another id before the one that was signed', { ...others, [id]: 'msg_somethingElse' });
}

/** Whether a verifier gets past the signature: what it parses then is not our question here. */
async function passes(verify, isParsing) {
  try {
    await verify();
  } catch (error) {
    return isParsing(error);
  }
  return true;
}
const isSyntax = (error) => error instanceof SyntaxError;

const anthropic = new Anthropic({ apiKey: 'unused' });
const anthropicSet = () => family('webhook', {
  name: 'anthropic', madeBy: '@anthropic-ai/sdk 1.12.0 (npm), checked with beta.webhooks.unwrap',
  body: '{"type":"event","id":"wevt_011CZkZYZd9rLmz3ujAcsqEw","created_at":"2026-03-15T10:00:00Z","data":{"type":"session.status_idled","id":"sesn_011CZkZAtmR3yMPDzynEDxu7"}}',
  type: ['json:/data/type'],
  accepts: (request, key) => atTime(request.now_ms, () =>
    passes(() => anthropic.beta.webhooks.unwrap(request.text, { headers: request.headers, key }), isSyntax)),
});

const clerkSet = () => family('svix', {
  name: 'clerk', madeBy: '@clerk/backend 3.25.0 (npm), checked with verifyWebhook',
  body: '{"data":{"id":"user_29w83sxmDNGwOuEthce5gg56FcC","object":"user"},"object":"event","type":"user.created"}',
  accepts: ({ now_ms, method, url, headers, bytes }, signingSecret) => atTime(now_ms, () => passes(
    () => verifyWebhook(new Request(url, { method, headers, body: bytes }), { signingSecret }),
    ({ message }) => /JSON|Cannot read properties/.test(message),
  )),
});

const gitlabSet = () => family('webhook', {
  name: 'gitlab-signing-token',
  madeBy: 'by hand, after gitlab-org/gitlab!230944 and !231325; checked with standardwebhooks 1.1.1 (npm), Webhook.verify',
  body: '{"object_kind":"push","event_name":"push","ref":"refs/heads/main","checkout_sha":"da1560886d4f094c3e6c9ef40349f7d38b5d27d7","project_id":15}',
  type: ['header:X-Gitlab-Event'],
  accepts: (request, secret) => atTime(request.now_ms, () =>
    passes(() => new Webhook(secret).verify(request.text, request.headers), isSyntax)),
  either: false, headers: { 'X-Gitlab-Event': 'Push Hook', 'Idempotency-Key': MESSAGE },
});

const liveblocksSet = () => family('webhook', {
  name: 'liveblocks', madeBy: '@liveblocks/node 3.24.2 (npm), checked with WebhookHandler.verifyRequest',
  body: '{"type":"storageUpdated","data":{"roomId":"my-room-id","projectId":"my-project-id","updatedAt":"2021-10-06T01:45:56.558Z"}}',
  accepts: (request, secret) => atTime(request.now_ms, () => passes(
    () => new WebhookHandler(secret).verifyRequest({ headers: request.headers, rawBody: request.text }),
    (error) => isSyntax(error) || /event type/.test(error.message),
  )),
  differs: { ...COMPARES_TEXT, ...NO_VERSION, ...READS_DIGITS },
});

const openai = new OpenAI({ apiKey: 'unused' });
const openaiSet = () => family('webhook', {
  name: 'openai', madeBy: 'openai 6.49.0 (npm), checked with webhooks.verifySignature',
  body: '{"object":"event","id":"evt_685343a1381c819085d44c354e1b330e","type":"response.completed","created_at":1750287018,"data":{"id":"resp_685343a090e081908b1f8f2a5b0d1b2c"}}',
  accepts: (request, secret) => atTime(request.now_ms, () =>
    passes(() => openai.webhooks.verifySignature(request.text, request.headers, secret), () => false)),
  differs: {
    ...READS_DIGITS,
    ...because("Node's base64 ends at the padding", 'the signature and more'),
    ...because('the SDK takes a signature without its version', 'a signature without its prefix'),
  },
});

const polarSet = () => family('webhook', {
  name: 'polar', madeBy: '@polar-sh/sdk 0.49.0 (npm), checked with validateEvent',
  body: '{"type":"order.paid","timestamp":"2025-01-01T00:00:00Z","data":{"id":"57107b74-8400-4d80-a2fc-54c2b4239cb3"}}',
  secrets: ['polar_whs_ovyN6cPrTv56AApvzCaJno08SSmGJmgb', 'an-older-secret-äöü', 'whsec_Zm9yZWlnbmZvcmVpZ25mb3JlaWdu'],
  key: (secret) => Buffer.from(secret),
  accepts: (request, secret) => atTime(request.now_ms, () => passes(
    () => validateEvent(request.text, request.headers, secret), (error) => !(error instanceof WebhookVerificationError),
  )),
});

const replicateSet = () => family('webhook', {
  name: 'replicate', madeBy: 'replicate 1.4.0 (npm), checked with validateWebhook',
  body: '{"id":"ufawqhfynnddngldkgtslldrkq","version":"5c7d5dc6dd8bf75c1acaa8565735e7986bc5b66206b55cca93cb72c9bf15ccaa","status":"succeeded","input":{"text":"Alice"},"output":"hello Alice"}',
  type: ['json:/status'],
  accepts: (request, secret) => validateWebhook({ headers: lower(request), body: request.text }, secret),
  differs: {
    ...COMPARES_TEXT, ...NO_VERSION, ...NO_AGE, ...signedWith('the SDK looks at no time', ...ALL_TEXTS),
    ...because('the SDK verifies no empty body; Replicate sends none', 'an empty body'),
  },
});

const resend = new Resend('re_unused');
const resendSet = () => family('svix', {
  name: 'resend', madeBy: 'resend 6.38.0 (npm), checked with webhooks.verify',
  body: '{"type":"email.sent","created_at":"2024-02-22T23:41:12.126Z","data":{"email_id":"56761188-7520-42d8-8898-ff6fc54ce618","subject":"Sending this example"}}',
  accepts: (request, webhookSecret) => atTime(request.now_ms, () => {
    const [id, timestamp, signature] = named('svix').map((name) => lower(request)[name]);
    return passes(() => resend.webhooks.verify({ payload: request.text, headers: { id, timestamp, signature }, webhookSecret }), isSyntax);
  }),
});

export const standardFamily = [
  anthropicSet, clerkSet, gitlabSet, liveblocksSet, openaiSet, polarSet, replicateSet, resendSet,
];
