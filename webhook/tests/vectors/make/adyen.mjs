// Adyen's payments: each item of a batch carries a signature of eight of its fields. The SDK signs and judges.
import HmacValidator from '@adyen/api-library/lib/src/utils/hmacValidator.js';
import { createHash } from 'node:crypto';
import { VectorFile } from './case.mjs';
import { NOT_UTF8, NOW_S } from './shared.mjs';
import { because } from './timed-clock.mjs';

const sdk = new HmacValidator.default();
const [LIVE, OLD, FOREIGN] = ['44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056', 'DFB1EB5485895CFA84146406857104ABB4CBCABDC8AAF103A624C8F6A3EAAB00', '736F6D65626F647920656C7365'];

/** An item of a batch, signed; `after` is what is changed then. */
function item(fields = {}, key = LIVE, after = {}) {
  const said = {
    additionalData: {}, amount: { currency: 'EUR', value: 1130 }, eventCode: 'AUTHORISATION', eventDate: '2025-10-09T08:53:20+02:00',
    merchantAccountCode: 'TideGate', merchantReference: 'Tide-1', paymentMethod: 'visa', pspReference: '7914073381342284', success: 'true', ...fields,
  };
  const hmacSignature = sdk.calculateHmac(said, key);
  return { NotificationRequestItem: { ...said, additionalData: { ...said.additionalData, hmacSignature }, ...after } };
}
const batch = (...items) => JSON.stringify({ live: 'false', notificationItems: items });
const signed = (signature) => batch(item({}, LIVE, { additionalData: { hmacSignature: signature } }));

/** Whether the SDK takes each item of a batch. */
const accepts = ({ text }, key) => {
  const items = JSON.parse(text).notificationItems;
  return items.length > 0 && items.every(({ NotificationRequestItem }) => sdk.validateHMAC(NotificationRequestItem, key));
};

/** What makes two deliveries the same: the hash of what is signed of each item. */
function identity(body) {
  const digest = (bytes) => createHash('sha256').update(bytes).digest();
  const items = JSON.parse(body).notificationItems.map((one) => digest(sdk.getDataToSign(one.NotificationRequestItem)));
  return `sha256:${digest(digest(Buffer.concat(items))).toString('hex')}`;
}

const DIFFERS = {
  ...because('the SDK reads base64 up to its padding', 'the signature and more', 'two signatures, joined as if they were a list'),
  ...because('a field that is not there is signed as nothing; one that every event has must be there', 'no pspReference', 'no merchantAccountCode', 'no eventCode', 'no success'),
  'two keys, one for each item': 'the SDK is asked with one key for all items',
  ...because('the SDK joins the fields as they are', 'a piece of the reference moved to the account', 'a piece of the account moved to the reference of the payment', 'a colon in pspReference', 'a colon in currency'),
  'success as a truth value': 'what Adyen sends is text; no other place of ours reads truth values',
  'the right signature in the alphabet of base64url': 'Node reads both alphabets',
};

async function adyen() {
  const file = new VectorFile('adyen', '@adyen/api-library 32.1.0 (npm), hmacValidator.calculateHmac, checked with validateHMAC for each item', {
    secrets: [LIVE], now_ms: NOW_S * 1000, method: 'POST', url: 'https://hooks.example.com/hooks/adyen', headers: { 'Content-Type': 'application/json' },
  }, accepts);
  const unused = new Set(Object.keys(DIFFERS));
  const add = (one) => {
    unused.delete(one.name);
    return file.add({ sdk_differs: DIFFERS[one.name], ...one });
  };
  const read = (body) => ({ identity: identity(body), event_type: JSON.parse(body).notificationItems[0].NotificationRequestItem.eventCode });
  const verified = (name, body, more = {}) => add({ name, body, expect: 'verified', secret: 0, ...read(body), ...more });
  const refused = (name, body, expect = 'mismatch', more = {}) => add({ name, body, expect, ...more });
  const good = batch(item());
  const value = item().NotificationRequestItem.additionalData.hmacSignature;

  await verified('a payment as Adyen sends it', good);
  await verified('the same JSON with white space', JSON.stringify(JSON.parse(good), null, 2));
  await verified('a capture, with the payment that it is of', batch(item({ eventCode: 'CAPTURE', originalReference: '7914073381342283' })));
  await verified('no reference of the merchant', batch(item({ merchantReference: '' })));
  await verified('an event of no amount', batch(item({ eventCode: 'REPORT_AVAILABLE', amount: { currency: 'EUR', value: 0 } })));
  await verified('a refusal', batch(item({ success: 'false', reason: 'Refused' })));
  await verified('emoji, accents and CRLF', batch(item({ merchantReference: 'Tidé 🌊 in,\r\nout' })));
  await verified('a backslash and a colon in a reference, which nothing escapes', batch(item({ merchantReference: 'a\\b:c' })));
  await verified('a body of 30 KB', batch(item({ reason: 'tide '.repeat(6000) })));
  await verified('another reason, which the signature does not cover', batch(item({}, LIVE, { reason: 'Refused' })));
  await verified('the signature without its padding', signed(value.replace('=', '')));
  await verified('signed with the second of two live keys', batch(item({}, OLD)), { secrets: [LIVE, OLD], secret: 1 });
  await verified('signed with the first of two live keys', good, { secrets: [LIVE, OLD] });
  await verified('a key in lower-case hex', good, { secrets: [LIVE.toLowerCase()] });
  await verified('a batch of three', batch(item(), item({ pspReference: '7914073381342285' }), item({ eventCode: 'REFUND' })));
  await verified('two keys, one for each item', batch(item(), item({}, OLD)), { secrets: [LIVE, OLD] });

  for (const [name, changed] of Object.entries({
    pspReference: '7914073381342285', originalReference: '1', merchantAccountCode: 'Mallory', merchantReference: 'Tide-2', eventCode: 'REFUND', success: 'false',
    'value': { amount: { currency: 'EUR', value: 113 } }, 'currency': { amount: { currency: 'USD', value: 1130 } },
  })) await refused(`another ${name}`, batch(item({}, LIVE, typeof changed === 'string' ? { [name]: changed } : changed)));
  const colons = { merchantReference: 'Tide:1' };
  await verified('a colon in the reference', batch(item(colons)));
  await refused('a piece of the reference moved to the account', batch(item(colons, LIVE, { merchantAccountCode: 'TideGate:Tide', merchantReference: '1' })), 'separator');
  await refused('a piece of the account moved to the reference of the payment', batch(item({ ...colons, originalReference: '' }, LIVE, { pspReference: '7914073381342284:', originalReference: 'TideGate', merchantAccountCode: 'Tide', merchantReference: '1' })), 'separator');
  await refused('a colon in pspReference', batch(item({ pspReference: '79:14' })), 'separator');
  await refused('a colon in currency', batch(item({ amount: { currency: 'EUR:', value: 1130 } })), 'separator');
  for (const name of ['pspReference', 'merchantAccountCode', 'eventCode', 'success']) {
    await refused(`no ${name}`, batch(item({ [name]: undefined })), 'missing');
  }
  await refused('success as a truth value', batch(item({}, LIVE, { success: true })), 'missing');
  await refused('an amount with a fraction', batch(item({}, LIVE, { amount: { currency: 'EUR', value: 11.5 } })), 'missing');
  await refused('signed with a key that is not ours', batch(item({}, FOREIGN)));
  await refused('signed with a key that is no longer live', batch(item({}, OLD)));
  await refused('the second item changed', batch(item(), item({}, LIVE, { eventCode: 'REFUND' })));
  await refused('the first item changed', batch(item({}, LIVE, { eventCode: 'REFUND' }), item()));
  await refused('the second item without a signature', batch(item(), item({}, LIVE, { additionalData: {} })), 'missing');
  await refused('the signatures of two items exchanged', batch(item({}, LIVE, { pspReference: '2' }), item({ pspReference: '2' }, LIVE, { pspReference: '7914073381342284' })));
  await refused('an item that is no object', batch(item(), 'tide'), 'missing');
  await refused('an empty batch', batch(), 'missing');
  await refused('an item and no batch', JSON.stringify({ notificationItems: item() }), 'missing');
  await refused('an item without its wrapper', batch(item().NotificationRequestItem), 'missing');
  await refused('half of the signature', signed(value.slice(0, value.length / 2)));
  await refused('the signature and more', signed(`${value}${value}`));
  await refused('two signatures, joined as if they were a list', signed(`${value},${value}`));
  await refused('the right signature in the alphabet of base64url', signed(value.replaceAll('+', '-').replaceAll('/', '_')));
  await refused('the right signature in hex', signed(Buffer.from(value, 'base64').toString('hex')));
  await refused('neither hex nor base64 in place of the signature', signed('!not*a-signature!'));
  await refused('one character of the signature changed', signed(`${value[0] === 'a' ? 'b' : 'a'}${value.slice(1)}`));
  await refused('an empty signature', signed(''), 'missing');
  await refused('a signature that is no text', signed({ value }), 'missing');
  await refused('the signature in a header', batch(item({}, LIVE, { additionalData: {} })), 'missing', { headers: { 'Content-Type': 'application/json', HmacSignature: value } });
  await refused('an empty body', '', 'missing');
  await refused('a body that is not JSON to its end', good.slice(0, -1), 'missing');
  await refused('a body that is not UTF-8', NOT_UTF8, 'missing');
  file.kind = {
    secrets: [LIVE, OLD, FOREIGN], base: { 'Content-Type': 'application/json' }, read,
    inBody: (key) => batch(item({}, key)),
    wrong: () => ({
      'half of the signature': [signed(value.slice(0, value.length / 2)), 'invalid'],
      'an empty signature': [signed(''), 'missing'],
      'no signature': [batch(item({}, LIVE, { additionalData: {} })), 'missing'],
      'the amount changed': [batch(item({}, LIVE, { amount: { currency: 'EUR', value: 113 } })), 'invalid'],
      'the second item changed': [batch(item(), item({}, LIVE, { success: 'false' })), 'invalid'],
    }),
  };
  if (unused.size > 0) throw new Error(`adyen has no such cases: ${[...unused]}`);
  return file;
}

export const adyenFamily = [adyen];
