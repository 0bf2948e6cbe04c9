// A provider's delivery as it is, signed now, and in every way in which it can be wrong.
import { hmac } from '../webhook/tests/vectors/make/case.mjs';
import { without } from '../webhook/tests/vectors/make/shared.mjs';
import { altered } from '../webhook/tests/vectors/make/standard_set.mjs';

/** Further past the tolerance than this script and a busy machine can be late. */
const MARGIN_S = 30;
const now_s = () => Math.floor(Date.now() / 1000);

/** Where a provider posts to: its hook, with the query that it needs. */
function urlOf({ name, kind }, gateway) {
  return `${gateway}/hooks/${name}${kind.url ? new URL(kind.url).search : ''}`;
}

/** A delivery signed with a secret at a time. */
async function signed(entry, gateway, secret, time_s) {
  const { kind } = entry;
  const [url, text] = [urlOf(entry, gateway), kind.inBody?.(secret) ?? kind.bodyAt?.(time_s) ?? kind.body];
  const headers = { ...kind.base, ...(await kind.sign?.(secret, text, time_s, url)) };
  return { method: 'POST', url, headers, text, bytes: Buffer.from(text) };
}

/** The delivery as the provider sends it. */
export const genuine = (entry, gateway) => signed(entry, gateway, entry.kind.secrets[0], now_s());

/** The wrong ones: a name, the request, and the status and the outcome in the log that it must have. */
export async function wrongs(entry, gateway) {
  const { kind } = entry;
  const { secrets: [live, , foreign], signature, prefix, time } = kind;
  const good = await genuine(entry, gateway);
  const rejected = kind.answers?.rejected ?? 403;
  const [invalid, stale, missing] = [
    { status: rejected, outcome: 'signature_invalid' },
    { status: rejected, outcome: 'timestamp_stale' },
    { status: 401, outcome: 'signature_missing' },
  ];
  if (kind.inBody) {
    const bodies = Object.entries({ 'another key': [kind.inBody(foreign), 'invalid'], ...kind.wrong() });
    return bodies.map(([name, [text, end]]) => ({
      name, request: { ...good, text, bytes: Buffer.from(text) }, ...(end === 'missing' ? missing : invalid),
    }));
  }
  const value = good.headers[signature];
  const alone = value.slice(value.indexOf(prefix) + prefix.length);
  const sent = (text) => ({ ...good, headers: { ...good.headers, [signature]: text } });
  const unsigned = { ...good, headers: without(good.headers, signature) };
  const other = otherScheme(kind, good, live);

  const all = [
    { name: 'another key', request: await signed(entry, gateway, foreign, now_s()), ...invalid },
    { name: 'half of the signature', request: sent(value.replace(alone, alone.slice(0, alone.length / 2))), ...invalid },
    { name: 'an empty signature header', request: sent(''), ...missing },
    { name: 'no signature header', request: unsigned, ...missing },
    { name: "another scheme's header", request: { ...unsigned, headers: { ...unsigned.headers, ...other } }, ...missing },
    // A signature that has no time in it lacks something where the header must hold both.
    { name: "another scheme's signature", request: sent(Object.values(other)[0]), ...(time?.item ? missing : invalid) },
  ];
  if (prefix) all.push({ name: 'nothing behind the prefix', request: sent(value.replace(alone, '')), ...invalid });
  if (kind.covers !== false) {
    const text = altered(good.text);
    all.push({ name: 'one byte of the body changed', request: { ...good, text, bytes: Buffer.from(text) }, ...invalid });
  }
  if (time) {
    const at = (skew_s) => signed(entry, gateway, live, now_s() + skew_s);
    all.push({ name: 'too old', request: await at(-time.tolerance_s - MARGIN_S), ...stale });
    all.push({ name: 'from the future', request: await at(time.tolerance_s + MARGIN_S), ...stale });
  }
  return all;
}

/** A signature over the same body with the same secret as somebody else writes it: GitHub, or Stripe for those like GitHub. */
function otherScheme(kind, { bytes }, secret) {
  const github = { 'X-Hub-Signature-256': `sha256=${hmac('sha256', secret, bytes).toString('hex')}` };
  if (kind.time) return github;
  const time = now_s();
  return { 'Stripe-Signature': `t=${time},v1=${hmac('sha256', secret, `${time}.`, bytes).toString('hex')}` };
}
