// The cases that every provider has. Each provider's file adds what only its own scheme can get wrong.
import assert from 'node:assert/strict';

export const NOW_S = 1760000000;
export const BY_HAND = 'node:crypto, because the SDK signs text only';
export const TEXT_ONLY = 'the SDK verifies text; these bytes are no text';

/** Bytes that no text is: a lone continuation byte, 0xFF, an overlong slash and a NUL between two line ends. */
export const NOT_UTF8 = Buffer.from([0x7b, 0x80, 0xff, 0xc0, 0xaf, 0x00, 0x0d, 0x0a, 0x7d]);

/**
 * `kind` says how the provider signs:
 * `secrets` [live, old, foreign], `body` a sample, `altered` the sample with one byte changed, `emoji` another sample,
 * `sign(secret, text, time_s)` by the SDK and `signByHand(secret, bytes, time_s)`, both giving the signing headers,
 * `base` the other headers, `signature` the signature header's name, `prefix` what stands before a signature,
 * `read(bytes)` what identity and type are expected, and where the SDK's verifier differs: `emptyDiffers`, `bytesDiffer`, `trims`.
 *
 * For `sdks/`, which signs at other times and for other URLs, a file keeps it as its `kind`, with `time`
 * ({ tolerance_s, item: true where the time stands in the signature's header }), `answers` ({ accepted, rejected }, the
 * statuses that are not 200 and 403), `covers` (false, where the body is not signed), `url` (where it has a query)
 * and `bodyAt(time_s)` (where the body says the time); `sign` has the URL as its fourth argument.
 * Where the signature stands in the body, it has `secrets`, `base`, `read`, `inBody(secret)`, the signed body, and `wrong()`,
 * { name: [body, 'invalid' or 'missing'] }, instead of `sign`.
 */
export async function addShared(file, kind) {
  const [live, old, foreign] = kind.secrets;
  const { body, base, signature, prefix } = kind;
  const signed = async (secret, text, time_s = NOW_S) => {
    const headers = await kind.sign(secret, text, time_s);
    assert.deepEqual(headers, kind.signByHand(secret, Buffer.from(text), time_s), 'by hand as by the SDK');
    return { ...base, ...headers };
  };
  const good = await signed(live, body);
  const value = good[signature];
  const alone = value.slice(value.indexOf(prefix) + prefix.length);
  const sent = (replacement) => ({ ...good, [signature]: replacement });
  const verified = (name, headers, bytes, more = {}) =>
    file.add({ name, headers, body: bytes, expect: 'verified', secret: 0, ...kind.read(bytes), ...more });
  const refused = (name, headers, expect, more = {}) => file.add({ name, headers, body, expect, ...more });

  await verified('a body as the provider sends it', good, body);
  await verified('a body with emoji, accents and CRLF', await signed(live, kind.emoji), kind.emoji);
  await verified('a body that is not UTF-8', { ...base, ...kind.signByHand(live, NOT_UTF8, NOW_S) }, NOT_UTF8, {
    made_by: BY_HAND,
    sdk_differs: kind.bytesDiffer === undefined ? TEXT_ONLY : kind.bytesDiffer || undefined,
  });
  const empty = kind.emptyDiffers ? kind.signByHand(live, Buffer.alloc(0), NOW_S) : await signed(live, '');
  await verified('an empty body', { ...base, ...empty }, '', {
    sdk_differs: kind.emptyDiffers, made_by: kind.emptyDiffers && 'node:crypto, because the SDK signs no empty body',
  });
  const [text, count] = kind.large ?? ['{"tide":"in"}\n', 14629];
  await file.add({
    name: 'a body of 200 KiB', headers: await signed(live, text.repeat(count)), body: undefined,
    body_repeat: [text, count], expect: 'verified', secret: 0, ...kind.read(text.repeat(count)),
  });
  const upper = Object.fromEntries(Object.entries(good).map(([name, v]) => [name.toUpperCase(), v]));
  await verified('header names in upper case', upper, body);
  await verified('white space around the signature', sent(` ${value} `), body, {
    sdk_differs: kind.trims ? undefined : 'HTTP servers remove the white space before the SDK sees the header',
  });
  await verified('signed with the second of two live secrets', await signed(old, body), body, {
    secrets: [live, old], secret: 1,
  });
  await verified('signed with the first of two live secrets', good, body, { secrets: [live, old] });

  await refused('one byte of the body changed', good, 'mismatch', { body: kind.altered });
  await refused('one byte added to the body', good, 'mismatch', { body: kind.longer ?? `${body}\n` });
  await refused('an empty body under the signature of another', good, 'mismatch', { body: '' });
  await refused('signed with a secret that is not ours', await signed(foreign, body), 'mismatch');
  await refused('signed with a secret that is no longer live', await signed(old, body), 'mismatch');
  await refused('no signature header', without(good, signature), 'missing');
  await refused('a blank signature header', sent('  '), 'missing');
  await refused('nothing after the prefix', sent(value.replace(alone, '')), prefix === '' ? 'missing' : 'mismatch');
  await refused('half of the signature', sent(value.replace(alone, alone.slice(0, alone.length / 2))), 'mismatch');
  await refused('the signature and more', sent(value.replace(alone, `${alone}${alone}`)), 'mismatch');
  await refused('neither hex nor base64 in place of the signature', sent(value.replace(alone, '!not*a-signature!')), 'mismatch');
  const flipped = (alone[0] === 'a' ? 'b' : 'a') + alone.slice(1);
  await refused('one character of the signature changed', sent(value.replace(alone, flipped)), 'mismatch');
}

/** The cases of a scheme that signs a timestamp. `unreadable` texts are signed as they stand, by hand or by the SDK. */
export async function addTimed(file, kind, { future = undefined, edge = undefined, unreadable }) {
  const { secrets: [live], body, base } = kind;
  const headers = { ...base, ...(await kind.sign(live, body, NOW_S)) };
  const at = (now_ms) => ({ headers, body, now_ms });
  const ok = { expect: 'verified', secret: 0, ...kind.read(body) };

  await file.add({ name: 'the last second of the tolerance', ...at((NOW_S + 300) * 1000), ...ok });
  await file.add({ name: 'the last millisecond of the tolerance', ...at((NOW_S + 300) * 1000 + 999), ...ok, sdk_differs: edge });
  await file.add({ name: 'one second past the tolerance', ...at((NOW_S + 301) * 1000), expect: 'stale' });
  await file.add({ name: 'a day old', ...at((NOW_S + 86400) * 1000), expect: 'stale' });
  await file.add({ name: 'as far in the future as tolerated', ...at((NOW_S - 300) * 1000), ...ok });
  await file.add({ name: 'one second too far in the future', ...at((NOW_S - 301) * 1000), expect: 'stale', sdk_differs: future });
  const altered = { headers, body: kind.altered, now_ms: (NOW_S + 301) * 1000 };
  await file.add({ name: 'stale and altered is only called altered', ...altered, expect: 'mismatch' });
  for (const text of ['+1760000000', '-1760000000', 'abc', '1760000000.5', '0x68e77800', '99999999999999999999']) {
    const { sdk_differs, ...rest } = unreadable(text);
    await file.add({ name: `signed with the timestamp ${text}`, body, expect: 'timestamp_unreadable', sdk_differs, ...rest });
  }
}

export const without = (headers, name) => Object.fromEntries(Object.entries(headers).filter(([n]) => n !== name));
