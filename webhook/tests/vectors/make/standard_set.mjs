// The cases that a provider has in any case, made from a short description of how it signs.
//
// A description has
//   name         the provider's name
//   madeBy       the SDK and its version, or the page that says how it is signed
//   body         a sample of what is sent; `altered`, `longer`, `emoji` and `large` have defaults
//   headers      the headers beside the ones that sign, the content type included
//   signature    the name of the header that holds the signature, and what stands before the signature: `prefix`
// and where it differs from an HMAC-SHA256 of the body in hex
//   hash, encoding   'sha1', 'sha256', 'sha512'; 'hex', 'base64', 'base64url', 'utf8'
//   key          (secret) => the bytes of the key
//   signed       (bytes, time, request) => the pieces that are signed; the request has url, method and headers
//   tag          (secret, pieces) => the signature, for what is no HMAC
//   list         what separates several signatures in the header
//   time         { header | item | dated, unit: 's' | 'ms' | 'rfc3339' | 'http', tolerance_s }: the header that holds the time,
//                the prefix of its item in the signature's header, or (body, time) => the body that says it
//   documents    what can be fetched, by its URL
//   covers       false, where the signature does not cover the body
//   secrets      [live, old, foreign], as an operator copies them
//   url, method  what is called
//   answers      { accepted, rejected }: the statuses of the answers that are not 200 and 403
// and for what is known of an event
//   id, type     the places in order: 'header:X-Id', 'json:/id', 'form:Sid'
//   identity     'id' (default), 'body' or 'id+body'; or all three in one: read(bytes) => { identity, event_type }
// and for the provider's own SDK, where there is one
//   sdkSign      (secret, text, time, request) => the headers that sign; compared with what is made here
//   accepts      (request, secret) => whether the SDK's verifier accepts it; throwing is refusing
//   differs      { 'the name of a case': 'why the SDK judges otherwise' }
//   expects      { 'the name of a case': what it ends as }, skip: [names], for bodies that cannot be
//   more         async ({ add, verified, refused, good, sent, signed }) => cases of its own
import assert from 'node:assert/strict';
import { VectorFile, hmac, sha256 } from './case.mjs';
import { NOT_UTF8, NOW_S, addShared, without } from './shared.mjs';

export const TEXT_COMPARED = {
  'a signature in upper-case hex': 'the SDK compares text; hex has no case',
  'a signature without its padding': 'the SDK compares text; the bytes are the same',
  'white space around the signature': 'HTTP servers remove the white space before the SDK sees the header',
};
export const TEXT_SIGNED = { 'a body that is not UTF-8': 'the SDK verifies text; these bytes are no text' };

export const JSON_READ = Object.fromEntries(['a body that is not UTF-8', 'an empty body', 'a body of 200 KiB'].map(
  (name) => [name, 'the SDK also reads the body as JSON, which it is not'],
));

/** Judges as at a time, for SDKs that look at the clock. */
export function atTime(now_ms, judge) {
  const { now } = Date;
  Date.now = () => now_ms;
  try {
    return judge();
  } finally {
    Date.now = now;
  }
}

const FORM = 'application/x-www-form-urlencoded';
const WRITTEN = {
  s: (time_s) => `${time_s}`,
  ms: (time_s) => `${time_s}000`,
  rfc3339: (time_s) => new Date(time_s * 1000).toISOString().replace('.000Z', 'Z'),
  http: (time_s) => new Date(time_s * 1000).toUTCString(),
};
const UNREADABLE = ['+1760000000', '-1760000000', 'abc', '1760000000.5', '0x68e77800', '99999999999999999999'];

/** Makes a provider's file from its description. */
export async function standardSet(description) {
  const d = { ...defaults(), ...description };
  d.url ??= `https://hooks.example.com/hooks/${d.name}`;
  const isForm = Object.values(d.headers).some((value) => value.startsWith(FORM));
  const file = new VectorFile(
    d.name, d.madeBy, {
      secrets: d.secrets.slice(0, 1), documents: d.documents, now_ms: NOW_S * 1000, method: d.method, url: d.url,
    }, d.accepts,
  );
  const unused = new Set([...Object.keys(d.differs), ...Object.keys(d.expects), ...d.skip]);
  const add = (one) => {
    unused.delete(one.name);
    if (d.skip.includes(one.name)) return undefined;
    const expected = d.expects[one.name];
    const ends = expected && { expect: expected, secret: undefined, identity: undefined, event_type: undefined };
    const made_by = d.sdkSign ? one.made_by : undefined;
    return file.add({ ...one, ...ends, made_by, sdk_differs: d.differs[one.name] });
  };
  const read = d.read ?? ((bytes) => known(d, bytes));
  const written = WRITTEN[d.time?.unit ?? 's'];
  const signByHand = (secret, bytes, time_s, url = d.url) => headersOf({ ...d, url }, secret, bytes, written(time_s));
  const sdkSign = (secret, text, time_s, url = d.url) => d.sdkSign(secret, text, written(time_s), { ...d, url });
  const kind = {
    secrets: d.secrets, body: d.body, base: d.headers, signature: d.signature, prefix: d.prefix, read,
    altered: d.altered ?? altered(d.body),
    longer: d.longer,
    emoji: d.emoji ?? (isForm ? 'note=Tid%C3%A9+%F0%9F%8C%8A+in%2C%0D%0A+out&raw=é🐚' : '{"note":"Tidé 🌊 in,\\r\\n🐚 out"}\r\n'),
    large: d.large ?? (isForm ? ['tide=in&', 25600] : undefined),
    sign: d.sdkSign ? sdkSign : (secret, text, time_s, url) => signByHand(secret, Buffer.from(text), time_s, url),
    signByHand,
    time: d.time && { tolerance_s: d.time.tolerance_s, item: d.time.item !== undefined },
    bodyAt: d.time?.dated && ((time_s) => d.time.dated(d.body, d.time.unit === 'rfc3339' ? written(time_s) : Number(written(time_s)))),
    answers: d.answers, covers: d.covers, url: d.url,
  };
  file.kind = kind;
  if (d.covers === false) d.skip = [...d.skip, ...OF_THE_BODY];
  await addShared({ add }, kind);

  const { body, secrets: [live, old] } = d;
  const signed = async (secret = live, text = body, time_s = NOW_S) => ({ ...d.headers, ...(await kind.sign(secret, text, time_s)) });
  const good = await signed();
  const sent = (value) => ({ ...good, [d.signature]: value });
  const verified = (name, headers, more = {}) =>
    add({ name, headers, body, expect: 'verified', secret: 0, ...read(more.body ?? body), ...more });
  const refused = (name, headers, expect = 'mismatch', more = {}) => add({ name, headers, body, expect, ...more });
  const tools = { file, add, verified, refused, good, sent, signed, read };
  await addSpellings(d, tools);
  if (d.list) await addList(d, tools, await signed(old));
  else await refused('two signatures, joined as if the header were a list', sent(`${good[d.signature]},${good[d.signature]}`));
  if (d.time) await addTime(d, tools);
  if (d.covers === false) await verified('another body, which the signature does not cover', good, { body: kind.altered });
  await d.more?.(tools);
  assert.deepEqual([...unused], [], `${d.name} has no such cases`);
  return file;
}

const defaults = () => ({
  method: 'POST', hash: 'sha256', encoding: 'hex', prefix: '', identity: 'id', id: [], type: [],
  headers: { 'Content-Type': 'application/json' },
  secrets: ['tidegate-live-secret', 'an-older-secret-äöü', 'the-secret-of-somebody-else'],
  key: (secret) => Buffer.from(secret),
  signed: (bytes) => [bytes],
  differs: {}, expects: {}, skip: [],
});
const OF_THE_BODY = [
  'one byte of the body changed', 'one byte added to the body', 'an empty body under the signature of another',
];

/** The headers that sign a body at a time, by the formula. */
export function headersOf(d, secret, bytes, time, hash = d.hash, encoding = d.encoding) {
  const pieces = d.signed(bytes, time, d);
  const tag = d.tag ? d.tag(secret, pieces) : hmac(hash, d.key(secret), ...pieces);
  const signature = `${d.prefix}${Buffer.from(tag).toString(encoding)}`;
  const { header, item } = d.time ?? {};
  return {
    ...(header && { [header]: time }),
    [d.signature]: item === undefined ? signature : `${item}${time}${d.list}${signature}`,
  };
}

/** What is known of an event: its identity and its type. */
function known(d, bytes) {
  const event_type = first(d, d.type, bytes);
  const id = d.identity === 'body' ? undefined : first(d, d.id, bytes);
  const body = `sha256:${sha256(bytes)}`;
  return { identity: id ? (d.identity === 'id' ? id : `${id}+${body}`) : body, event_type };
}

function first(d, places, bytes) {
  return places.map((place) => valueAt(d, place, bytes)).find((value) => value !== undefined && value !== '');
}

function valueAt(d, place, bytes) {
  const [, where, name] = /^(\w+):(.*)$/.exec(place);
  if (where === 'header') return Object.entries(d.headers).find(([n]) => n.toLowerCase() === name.toLowerCase())?.[1];
  if (where === 'query') return new URL(d.url).searchParams.get(name) ?? undefined;
  if (where === 'form') return new URLSearchParams(bytes.toString()).get(name) ?? undefined;
  try {
    const steps = name.split('/').slice(1);
    const value = steps.reduce((inner, step) => inner?.[step], JSON.parse(bytes.toString()));
    return typeof value === 'string' || Number.isSafeInteger(value) ? `${value}` : undefined;
  } catch {
    return undefined;
  }
}

/** The text with one letter or digit near its middle replaced by another. */
export function altered(text) {
  const at = text.slice(text.length >> 1).search(/[a-z0-9]/) + (text.length >> 1);
  return `${text.slice(0, at)}${text[at] === 'x' ? 'y' : 'x'}${text.slice(at + 1)}`;
}

/** The same signature spelt otherwise, and signatures of other schemes. */
async function addSpellings(d, { verified, refused, good, sent }) {
  const value = good[d.signature];
  const [before, alone] = [value.slice(0, value.indexOf(d.prefix)), value.slice(value.indexOf(d.prefix) + d.prefix.length)];
  const spelt = (signature, prefix = d.prefix) => sent(`${before}${prefix}${signature}`);
  if (d.encoding === 'hex') await verified('a signature in upper-case hex', spelt(alone.toUpperCase()));
  if (alone.endsWith('=')) await verified('a signature without its padding', spelt(alone.replace(/=+$/, '')));
  if (d.prefix) await refused('a signature without its prefix', spelt(alone, ''));
  if (/[a-z]/.test(d.prefix)) await refused('the prefix in upper case', spelt(alone, d.prefix.toUpperCase()));
  else await refused('a prefix that the scheme does not know', spelt(alone, 'sha256='));
  await refused('the signature in a header of another name', { ...without(good, d.signature), 'X-Other-Signature': value }, 'missing');
  if (d.tag) return;
  const [live] = d.secrets;
  const time = WRITTEN[d.time?.unit ?? 's'](NOW_S);
  const by = (hash, encoding) => ({ ...good, ...headersOf(d, live, Buffer.from(d.body), time, hash, encoding) });
  const encoding = d.encoding === 'hex' ? 'base64' : 'hex';
  await refused(`the right tag in ${encoding}`, by(d.hash, encoding));
  const hash = d.hash === 'sha1' ? 'sha256' : 'sha1';
  await refused(`a ${hash === 'sha1' ? 'SHA-1' : 'SHA-256'} tag`, by(hash, d.encoding));
}

/** Several signatures in one header. */
async function addList(d, { verified, refused, good, sent }, byOld) {
  const [ours, other] = [good[d.signature], byOld[d.signature].slice(byOld[d.signature].indexOf(d.prefix))];
  const bare = ours.slice(ours.indexOf(d.prefix));
  const before = ours.slice(0, ours.indexOf(d.prefix));
  await verified('two signatures in rotation, ours first', sent(`${ours}${d.list}${other}`));
  await verified('two signatures in rotation, ours second', sent(`${before}${other}${d.list}${bare}`));
  await refused('two signatures, neither of them ours', sent(`${before}${other}${d.list}${other}`));
}

/** The cases of a time that is signed. */
async function addTime(d, { add, verified, refused, good, sent, signed, read }) {
  const { header, item, dated, unit, tolerance_s, unreadable = UNREADABLE } = d.time;
  const at = (skew_s, ms = 0) => ({ now_ms: (NOW_S + skew_s) * 1000 + ms });
  const stale = (name, skew_s) => refused(name, good, 'stale', at(skew_s));
  await verified('the last second of the tolerance', good, at(tolerance_s));
  await verified('the last millisecond of the tolerance', good, at(tolerance_s, 999));
  await stale('one second past the tolerance', tolerance_s + 1);
  await stale('a day old', 86400);
  await verified('as far in the future as tolerated', good, at(-tolerance_s));
  await stale('one second too far in the future', -tolerance_s - 1);
  await refused('stale and altered is only called altered', good, 'mismatch', { ...at(tolerance_s + 1), body: altered(d.body) });
  const [live] = d.secrets;
  for (const text of unreadable) {
    const bytes = Buffer.from(dated ? dated(d.body, text) : d.body);
    const headers = { ...d.headers, ...headersOf(d, live, bytes, text) };
    await add({ name: `signed with the timestamp ${text}`, headers, body: bytes.toString(), expect: 'timestamp_unreadable', made_by: 'node:crypto' });
  }
  if (dated) {
    const body = dated(d.body, undefined);
    await add({ name: 'signed without a timestamp', headers: await signed(live, body), body, expect: 'missing' });
    return;
  }
  const other = WRITTEN[unit](NOW_S + 1);
  const ours = WRITTEN[unit](NOW_S);
  if (header) {
    await refused('a timestamp that was not the one signed', { ...good, [header]: other });
    await refused('no timestamp header', without(good, header), 'missing');
    await refused('a blank timestamp header', { ...good, [header]: ' ' }, 'missing');
  } else {
    const value = good[d.signature];
    await refused('a timestamp that was not the one signed', sent(value.replace(`${item}${ours}`, `${item}${other}`)));
    await refused('a signature and no timestamp', sent(value.replace(`${item}${ours}${d.list}`, '')), 'missing');
    await refused('a timestamp and no signature', sent(`${item}${ours}`));
    await verified('the timestamp behind the signature', sent(`${value.replace(`${item}${ours}${d.list}`, '')}${d.list}${item}${ours}`));
  }
}
