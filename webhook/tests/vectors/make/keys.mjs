// Providers that sign with a private key: node:crypto and @noble/curves sign, the providers' SDKs judge.
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import discordPackage from 'discord-interactions';
import { p256 } from '@noble/curves/nist.js';
import sendgridPackage from '@sendgrid/eventwebhook';
import telnyxPackage from 'telnyx/lib/webhooks.js';
import { header } from './case.mjs';
import { TEXT_COMPARED, TEXT_SIGNED, standardSet } from './standard_set.mjs';
import { ALL_TEXTS, NO_AGE, atTime, because, signedWith } from './timed-clock.mjs';

const { verifyKey } = discordPackage;
const { EventWebhook } = sendgridPackage;
const { TelnyxWebhook } = telnyxPackage;

/** Keys of everybody, each from 32 equal bytes: ours, an older one, and somebody else's. */
const SEEDS = [1, 2, 3].map((byte) => Buffer.alloc(32, byte));
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const ED25519 = SEEDS.map((seed) => {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
  const point = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);
  return { point, sign: (message) => sign(null, message, key) };
});
const SPKI = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex');
/** Its nonces follow from the message (RFC 6979), so that a second run writes the same bytes. */
const P256 = SEEDS.map((seed) => ({
  point: Buffer.concat([SPKI, p256.getPublicKey(seed, false)]),
  sign: (message) => p256.sign(message, seed, { format: 'der', lowS: false }),
}));

/** The public keys as an operator copies them, and a signer that finds the private one. */
function keyed(pairs, encoding) {
  const secrets = pairs.map(({ point }) => point.toString(encoding));
  const tag = (secret, pieces) =>
    pairs[secrets.indexOf(secret)].sign(Buffer.concat(pieces.map((piece) => Buffer.from(piece))));
  return { secrets, tag };
}

function discordRow(row) {
  const [signature, timestamp] = ['X-Signature-Ed25519', 'X-Signature-Timestamp'];
  return standardSet({
    madeBy: 'discord-interactions 4.4.0 (npm), checked with verifyKey; signed by node:crypto',
    ...keyed(ED25519, 'hex'), signature, signed: (bytes, time) => [time, bytes],
    time: { header: timestamp, unit: 's', tolerance_s: 300 },
    accepts: (request, key) => {
      const [time, tag] = [header(request, timestamp) ?? '', header(request, signature) ?? ''];
      return time !== '' && tag !== '' && verifyKey(request.bytes, tag, time, key);
    },
    differs: {
      'white space around the signature': TEXT_COMPARED['white space around the signature'],
      ...NO_AGE, ...signedWith('the SDK looks at no time', ...ALL_TEXTS),
    },
    ...row,
  });
}

function discord() {
  return discordRow({
    name: 'discord',
    body: '{"version":1,"application_id":"1234560123453231555","type":1,"event":{"type":"APPLICATION_AUTHORIZED","timestamp":"2025-10-09T08:53:20.064834","data":{"integration_type":1}}}',
    identity: 'body', type: ['json:/event/type'], answers: { accepted: 204, rejected: 401 },
    more: async ({ verified, signed }) => {
      const ping = '{"version":1,"application_id":"1234560123453231555","type":0}';
      await verified('a PING', await signed(undefined, ping), { body: ping });
    },
  });
}

function discordInteractions() {
  return discordRow({
    name: 'discord-interactions',
    body: '{"application_id":"1234560123453231555","data":{"id":"771825006014889984","name":"tide","type":1},"id":"786008729715212338","token":"A_UNIQUE_TOKEN","type":2,"version":1}',
    id: ['json:/id'], type: ['json:/type'], answers: { accepted: 202, rejected: 401 },
    more: async ({ verified, signed }) => {
      const ping = '{"application_id":"1234560123453231555","id":"786008729715212339","token":"A_UNIQUE_TOKEN","type":1,"user":{"id":"53908232506183680"},"version":1}';
      await verified('a PING', await signed(undefined, ping), { body: ping });
    },
  });
}

function telnyx() {
  const { 'white space around the signature': space, 'a signature without its padding': padding } = TEXT_COMPARED;
  return standardSet({
    name: 'telnyx', madeBy: 'telnyx 7.24.0 (npm), checked with TelnyxWebhook.verify; signed by node:crypto',
    ...keyed(ED25519, 'base64'), signature: 'telnyx-signature-ed25519', encoding: 'base64',
    body: '{"data":{"event_type":"message.received","id":"86f58db9-0fe3-4adc-9d1f-46e66e6e9323","record_type":"event"},"meta":{"attempt":1}}',
    signed: (bytes, time) => [time, '|', bytes], time: { header: 'telnyx-timestamp', unit: 's', tolerance_s: 300 },
    id: ['json:/data/id'], type: ['json:/data/event_type'],
    accepts: ({ headers, text, now_ms }, key) => atTime(now_ms, () => new TelnyxWebhook(key).verify(text, headers)).then(() => true),
    differs: { 'white space around the signature': space, 'a signature without its padding': padding, ...TEXT_SIGNED },
    more: async ({ refused, good, sent }) => {
      const value = good['telnyx-signature-ed25519'];
      const urlSafe = value.replaceAll('+', '-').replaceAll('/', '_');
      await refused('the right signature in the alphabet of base64url', sent(urlSafe));
      await refused('the right signature in hex', sent(Buffer.from(value, 'base64').toString('hex')));
    },
  });
}

function sendgrid() {
  const [signature, timestamp] = ['X-Twilio-Email-Event-Webhook-Signature', 'X-Twilio-Email-Event-Webhook-Timestamp'];
  const sdk = new EventWebhook();
  return standardSet({
    name: 'sendgrid',
    madeBy: '@sendgrid/eventwebhook 8.0.0 (npm), checked with verifySignature, and the vector of its tests; signed by @noble/curves 2.4.0',
    ...keyed(P256, 'base64'), signature, encoding: 'base64', identity: 'body',
    body: '[{"email":"marina@example.com","timestamp":1760000000,"event":"processed","sg_event_id":"rbtnWrG1DVDGGGFHFyun0A=="}]\r\n',
    emoji: '[{"email":"marina@example.com","category":["Tidé 🌊"]}]\r\n',
    signed: (bytes, time) => [time, bytes], time: { header: timestamp, unit: 's', tolerance_s: 300 },
    accepts: (request, key) =>
      sdk.verifySignature(sdk.convertPublicKeyToECDSA(key), request.bytes, header(request, signature), header(request, timestamp)),
    differs: {
      ...TEXT_SIGNED, ...NO_AGE, ...signedWith('the SDK looks at no time', ...ALL_TEXTS),
      ...because('the SDK reads no further than the two numbers', 'the signature and more',
        'two signatures, joined as if the header were a list'),
    },
    more: async ({ file, verified, refused, good, sent }) => {
      const documented = {
        secrets: ['MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=='],
        headers: {
          'Content-Type': 'application/json', [timestamp]: '1600112502',
          [signature]: 'MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM=',
        },
        body: `${JSON.stringify([{
          email: 'hello@world.com', event: 'dropped', reason: 'Bounced Address',
          sg_event_id: 'ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA',
          sg_message_id: 'LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0',
          'smtp-id': '<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>', timestamp: 1600112492,
        }])}\r\n`,
      };
      await file.add({ name: "the vector of the SDK's tests", ...documented, now_ms: 1600112502000, expect: 'verified', secret: 0 });
      await file.add({
        name: "the vector of the SDK's tests without its CRLF", ...documented, body: documented.body.trimEnd(),
        now_ms: 1600112502000, expect: 'mismatch',
      });
      const value = Buffer.from(good[signature], 'base64');
      await refused('the right signature as two bare numbers', sent(bare(value).toString('base64')));
      await refused('the right signature in hex', sent(value.toString('hex')));
      await refused('a key of another curve', good, 'mismatch', { secrets: [documented.secrets[0]] });
    },
  });
}

/** The two numbers of an ASN.1 signature, 32 bytes each. */
function bare(der) {
  const numbers = [];
  for (let at = 2; at < der.length; at += 2 + der[at + 1]) numbers.push(der.subarray(at + 2, at + 2 + der[at + 1]));
  return Buffer.concat(numbers.map((number) => Buffer.concat([Buffer.alloc(32), number]).subarray(-32)));
}

export const keysFamily = [discord, discordInteractions, sendgrid, telnyx];
