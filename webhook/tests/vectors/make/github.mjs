// GitHub: @octokit/webhooks-methods, and the vector of "Validating webhook deliveries".
import { sign, verify } from '@octokit/webhooks-methods';
import { VectorFile, header, hmac } from './case.mjs';
import { NOW_S, addShared, without } from './shared.mjs';

const SIGNATURE = 'X-Hub-Signature-256';
const secrets = ["It's a Secret to Everybody", 'an older secret, with umlauts: äöü', 'somebody else'];
const body = '{"zen":"Keep it logically awesome.","hook_id":1,"repository":{"full_name":"octo-org/octo-repo"}}';
const base = {
  'Content-Type': 'application/json',
  'X-GitHub-Delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
  'X-GitHub-Event': 'push',
};
const read = () => ({ identity: '72d3162e-cc78-11e3-81ab-4c9367dc0958', event_type: 'push' });

export async function github() {
  const file = new VectorFile(
    'github',
    '@octokit/webhooks-methods 6.0.0 (npm), sign, checked with verify; the vector of docs.github.com/webhooks',
    { secrets: secrets.slice(0, 1), now_ms: NOW_S * 1000, method: 'POST', url: 'https://hooks.example.com/hooks/github' },
    (request, secret) => verify(secret, request.text, header(request, SIGNATURE)),
  );
  const signByHand = (secret, bytes) => ({ [SIGNATURE]: `sha256=${hmac('sha256', secret, bytes).toString('hex')}` });
  const kind = {
    secrets, body, base, read, signature: SIGNATURE, prefix: 'sha256=',
    altered: body.replace('awesome', 'Awesome'),
    emoji: '{"zen":"Tidé 🌊 in,\r\ntide 🐚 out"}',
    emptyDiffers: 'the SDK refuses to sign or verify an empty body; GitHub sends none',
    sign: async (secret, text) => ({ [SIGNATURE]: await sign(secret, text) }),
    signByHand,
  };
  file.kind = kind;

  const documented = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
  const hello = { headers: { ...base, [SIGNATURE]: documented }, body: 'Hello, World!' };
  await file.add({ name: 'the documented example', ...hello, expect: 'verified', secret: 0, ...read() });
  await addShared(file, kind);

  const good = { ...base, ...(await kind.sign(secrets[0], body)) };
  const digest = good[SIGNATURE].slice('sha256='.length);
  const sent = (value) => ({ ...good, [SIGNATURE]: value });
  await file.add({
    name: 'a signature in upper-case hex', headers: sent(`sha256=${digest.toUpperCase()}`), body,
    expect: 'verified', secret: 0, ...read(), sdk_differs: 'the SDK compares text; hex has no case',
  });
  const form = `payload=${encodeURIComponent(body)}`;
  await file.add({
    name: 'a form body, signed as it is sent', body: form, expect: 'verified', secret: 0, ...read(),
    headers: { ...base, 'Content-Type': 'application/x-www-form-urlencoded', ...(await kind.sign(secrets[0], form)) },
  });
  const refused = (name, headers, expect, more = {}) => file.add({ name, headers, body, expect, ...more });
  await refused('the same JSON, serialised again', good, 'mismatch', { body: JSON.stringify(JSON.parse(body), null, 2) });
  await refused('two signatures, joined as if the header were a list', sent(`${good[SIGNATURE]},${good[SIGNATURE]}`), 'mismatch');
  await refused('a signature without its prefix', sent(digest), 'mismatch');
  await refused('the prefix in upper case', sent(`SHA256=${digest}`), 'mismatch');
  const byHand = { made_by: 'node:crypto' };
  const sha1 = `sha1=${hmac('sha1', secrets[0], body).toString('hex')}`;
  await refused('the old SHA-1 signature in the place of the new', sent(sha1), 'mismatch', byHand);
  await refused('the old SHA-1 header alone', { ...without(good, SIGNATURE), 'X-Hub-Signature': sha1 }, 'missing', byHand);
  await refused('a SHA-1 tag behind the SHA-256 prefix', sent(sha1.replace('sha1=', 'sha256=')), 'mismatch', byHand);
  return file;
}
