// Providers that sign with an RSA key and have no SDK that judges: node:crypto signs.
import { constants, sign } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { addCertificates } from './certificates.mjs';
import { CERTIFICATES, RSA } from './private_keys.mjs';
import { NOW_S } from './shared.mjs';
import { standardSet } from './standard_set.mjs';

/** Wrong signatures of a message: by other hashes, with another padding, or none at all. */
const wrong = (message) => ({
  'a signature by SHA-1': RSA.ours.sign('sha1', message),
  'a signature by SHA-512': RSA.ours.sign('sha512', message),
  'a signature with other padding': sign('sha256', message, { key: RSA.ours.key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 0 }),
  'the signature that is 1': Buffer.concat([Buffer.alloc(255), Buffer.from([1])]),
});

const WISE_KEYS = [RSA.ours, RSA.other, RSA.small];
const WISE_BODY = '{"data":{"resource":{"type":"transfer","id":111,"profile_id":222},"current_state":"processing"},"subscription_id":"01234567-89ab-cdef-0123-456789abcdef","event_type":"transfers#state-change","schema_version":"2.0.0","sent_at":"2025-10-09T08:53:20Z"}';
const wise = () => standardSet({
  name: 'wise', madeBy: 'pywisetransfer 0.3.4.5 (PyPI), webhooks.py; signed by node:crypto',
  headers: { 'Content-Type': 'application/json', 'X-Delivery-Id': '9bd8ab35-36e6-4bd7-9d8b-1c2d3e4f5a6b' },
  signature: 'X-Signature-SHA256', encoding: 'base64', secrets: WISE_KEYS.map(({ spki }) => spki),
  tag: (secret, pieces) => WISE_KEYS.find(({ spki }) => spki === secret).sign('sha256', Buffer.concat(pieces)),
  body: WISE_BODY, id: ['header:X-Delivery-Id'], type: ['json:/event_type'],
  more: async ({ refused, sent, good }) => {
    const message = Buffer.from(WISE_BODY);
    const { 'X-Signature-SHA256': value, ...unsigned } = good;
    for (const [name, bytes] of Object.entries(wrong(message))) await refused(name, sent(bytes.toString('base64')));
    const old = RSA.ours.sign('sha1', message).toString('base64');
    await refused('the old signature by SHA-1 alone', { ...unsigned, 'X-Signature': old }, 'missing');
    await refused('the right signature in hex', sent(Buffer.from(value, 'base64').toString('hex')));
    const small = { secrets: [RSA.small.spki] };
    await refused('signed by a key of 1,024 bits', sent(RSA.small.sign('sha256', message).toString('base64')), 'mismatch', small);
  },
});

const CERTS = 'https://api.paypal.com/v1/notifications/certs';
const PAYPAL_ID = '69cd13f0-d67a-11e5-baa3-778b53f4ae55';
const PAYPAL_BODY = '{"id":"WH-2WR32451HC0233532-67976317FL4543714","event_version":"1.0","create_time":"2025-10-09T08:53:19.000Z","event_type":"PAYMENT.CAPTURE.COMPLETED","resource":{"id":"2GG279541U471931P"}}';
const PAYPAL_SIGNATURE = 'PAYPAL-TRANSMISSION-SIG';
const paypalMessage = (webhook, time, bytes) => Buffer.from(`${PAYPAL_ID}|${time}|${webhook}|${crc32(bytes)}`);
const paypal = () => standardSet({
  name: 'paypal', madeBy: 'developer.paypal.com, "Integrate webhooks"; signed by node:crypto',
  headers: {
    'Content-Type': 'application/json', 'PAYPAL-TRANSMISSION-ID': PAYPAL_ID, 'PAYPAL-AUTH-ALGO': 'SHA256withRSA',
    'PAYPAL-CERT-URL': `${CERTS}/CERT-360caa42-fca2a594-1d93a270`,
  },
  documents: { [`${CERTS}/CERT-360caa42-fca2a594-1d93a270`]: CERTIFICATES.valid },
  secrets: ['1JE4291016473214C', '9XL90610J3647323C', '0AB12345CD678901E'],
  signature: PAYPAL_SIGNATURE, encoding: 'base64', body: PAYPAL_BODY, id: ['json:/id'], type: ['json:/event_type'],
  signed: (bytes, time) => [time, bytes],
  tag: (webhook, [time, bytes]) => RSA.ours.sign('sha256', paypalMessage(webhook, time, bytes)),
  time: { header: 'PAYPAL-TRANSMISSION-TIME', unit: 'rfc3339', tolerance_s: 345_600 }, skip: ['a day old'],
  more: async ({ add, refused, verified, sent, good, read }) => {
    const webhook = '1JE4291016473214C';
    const time = good['PAYPAL-TRANSMISSION-TIME'];
    const message = paypalMessage(webhook, time, Buffer.from(PAYPAL_BODY));
    for (const [name, bytes] of Object.entries(wrong(message))) await refused(name, sent(bytes.toString('base64')));
    const bare = Buffer.from(message.toString().replace(/\d+$/, (crc) => Number(crc).toString(16)));
    await refused('a CRC-32 in hex', sent(RSA.ours.sign('sha256', bare).toString('base64')));
    await refused('another transmission', { ...good, 'PAYPAL-TRANSMISSION-ID': PAYPAL_ID.replace('6', '7') });
    await refused('no transmission', { ...good, 'PAYPAL-TRANSMISSION-ID': '' }, 'missing');
    await refused('no URL of a certificate', { ...good, 'PAYPAL-CERT-URL': '' }, 'missing');
    const forged = sameCrc32(Buffer.from(PAYPAL_BODY), Buffer.from(PAYPAL_BODY.replace('2GG279541U471931P', '0MALLORY000000000')));
    await verified('another body of the same CRC-32, which the signature does not tell', good, { body: forged });
    await addCertificates({
      add, known: read(PAYPAL_BODY), place: (name) => `${CERTS}/CERT-${name.replace(/[^a-z]+/g, '-')}`,
      foreign: { "of PayPal's site": 'https://www.paypal.com/v1/notifications/certs/CERT-1', 'in a folder below': `${CERTS}/x/CERT-1` },
      named: (url, key) => ({
        headers: { ...good, 'PAYPAL-CERT-URL': url, [PAYPAL_SIGNATURE]: key.sign('sha256', message).toString('base64') }, body: PAYPAL_BODY,
      }),
    });
    const sandbox = 'https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1';
    await verified('from the sandbox', { ...good, 'PAYPAL-CERT-URL': sandbox }, { documents: { [sandbox]: CERTIFICATES.valid } });
  },
});

/** The other body with an unused member behind it, whose 32 letters give it the CRC-32 of the first. */
function sameCrc32(body, other) {
  const wanted = crc32(body);
  const build = (bits) => Buffer.concat([
    other.subarray(0, -1), Buffer.from(',"x":"'),
    Buffer.from(Array.from({ length: 32 }, (_, at) => (bits[at] ? 0x62 : 0x60) + 1)), Buffer.from('"}'),
  ]);
  // CRC-32 is linear: each letter, `a` or `c`, changes the sum by bits of its own, and 32 of them span all sums.
  const zero = crc32(build([]));
  const rows = Array.from({ length: 32 }, (_, at) => [(crc32(build(Object.assign([], { [at]: 1 }))) ^ zero) >>> 0, 2 ** at]);
  let [left, chosen] = [(wanted ^ zero) >>> 0, 0];
  for (let bit = 31; bit >= 0; bit -= 1) {
    const mask = 2 ** bit;
    const at = rows.findIndex(([sum]) => sum >= mask && sum < mask * 2);
    if (at < 0) continue;
    const [[sum, from]] = rows.splice(at, 1);
    for (const row of rows) if (row[0] >= mask && row[0] < mask * 2) [row[0], row[1]] = [(row[0] ^ sum) >>> 0, (row[1] ^ from) >>> 0];
    if (left >= mask) [left, chosen] = [(left ^ sum) >>> 0, (chosen ^ from) >>> 0];
  }
  const found = build(Array.from({ length: 32 }, (_, at) => (chosen >>> at) & 1)).toString();
  if (crc32(found) !== wanted) throw new Error('no body of this CRC-32 was found');
  return found;
}

export const rsaFamily = [paypal, wise];
