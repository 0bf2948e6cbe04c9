// The cases of a provider that signs with a JSON Web Token, made from a description like that of `standard_set.mjs` and
//   alg          the algorithm; `algs` where there are several
//   key          (secret) => the key that signs
//   header       what else a token's header says: { kid }
//   times        (time_s) => the claims that say when: { iat, nbf, exp }
//   claims       (secret, bytes, d) => the other claims
//   bodyClaim    the one that is the hash of the body
//   emptyUnhashed  whether an empty body has no hash
//   leeway_s     how far the times may be off
//   age_s        for how long a token without an end is taken
//   confused     the public keys that must not be taken for the secret of an HMAC
import { hmac } from './case.mjs';
import { NOW_S } from './shared.mjs';
import { standardSet } from './standard_set.mjs';
import { token } from './private_keys.mjs';

const SPACE = { 'white space around the signature': 'HTTP servers remove the white space before the SDK sees the header' };

/** Makes a provider's file from its description. */
export async function jwtSet(description) {
  const d = {
    alg: 'HS256', key: (secret) => Buffer.from(secret), header: {}, prefix: '', leeway_s: 0,
    secrets: ['tidegate-live-secret', 'an-older-secret-äöü', 'the-secret-of-somebody-else'],
    url: `https://hooks.example.com/hooks/${description.name}`, ...description,
  };
  const { key, more, ...rest } = d;
  d.differs = { ...SPACE, ...d.differs };
  d.mint = ({ secret = d.secrets[0], bytes = Buffer.from(d.body), time_s = NOW_S, alg = d.alg, by = key(secret), header = {}, claims = {}, payload, url = d.url } = {}) => {
    const all = { ...d.times(time_s), ...d.claims(secret, bytes, { ...d, url }), ...claims };
    const head = { typ: 'JWT', ...d.header, ...header, alg };
    return token(head, payload ?? Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)), by);
  };
  const ofTheBody = ['one byte of the body changed', 'one byte added to the body', 'an empty body under the signature of another'];
  const file = await standardSet({
    ...rest, differs: d.differs, encoding: 'utf8', signed: (bytes, time_s, { url }) => [bytes, Number(time_s), url],
    tag: (secret, [bytes, time_s, url]) => Buffer.from(d.mint({ secret, bytes, time_s, url })),
    covers: Boolean(d.bodyClaim),
    expects: { ...(d.bodyClaim && Object.fromEntries(ofTheBody.map((name) => [name, 'claim']))), ...d.expects },
    more: async (tools) => {
      const sent = (changes) => tools.sent(`${d.prefix}${d.mint(changes)}`);
      const minted = {
        ...tools, d, mint: d.mint, sentAs: sent,
        accepts: (name, changes, options) => tools.verified(name, sent(changes), options),
        refuses: (name, changes, expect, options) => tools.refused(name, sent(changes), expect, options),
      };
      await addAlgorithms(minted);
      await addClaims(minted);
      await addTimes(minted);
      await more?.(minted);
    },
  });
  const { exp } = d.times(0);
  if (exp) file.kind.time = { tolerance_s: exp + d.leeway_s };
  return file;
}

/** Tokens that say another algorithm than they must, or are no tokens. */
async function addAlgorithms({ d, mint, sentAs, accepts, refuses, refused }) {
  const [live] = d.secrets;
  const whole = mint();
  const [header, payload, signature] = whole.split('.');
  const carried = (text) => sentAsText(sentAs, d, text);
  for (const alg of d.algs ?? []) await accepts(`signed by ${alg}`, { alg });
  await refuses('the algorithm none and no signature', { alg: 'none' });
  const none = Buffer.from('{"typ":"JWT","alg":"none"}').toString('base64url');
  await refused('the algorithm none over the right signature', carried(`${none}.${payload}.${signature}`));
  const others = d.alg.startsWith('HS') ? ['HS384', 'HS512'] : { RS256: ['RS384', 'RS512'], ES256: [] }[d.alg];
  for (const alg of others.filter((alg) => !d.algs?.includes(alg))) await refuses(`signed by ${alg} with the right key`, { alg });
  for (const [name, key] of Object.entries(d.confused ?? {})) {
    await refuses(`an HMAC by the public key, ${name}`, { alg: 'HS256', by: Buffer.from(key) });
  }
  const lower = Buffer.from(JSON.stringify({ typ: 'JWT', ...d.header, alg: d.alg.toLowerCase() })).toString('base64url');
  if (d.alg.startsWith('HS')) {
    const message = `${lower}.${payload}`;
    await refused('the name of the algorithm in lower case', carried(`${message}.${hmac('sha256', live, message).toString('base64url')}`));
  }
  await refuses('a header that wants more understood', { header: { crit: ['exp'], exp: true } });
  await refused('a payload that was not the one signed', carried(mint({ claims: { admin: true } }).split('.')
    .map((text, at) => (at === 1 ? text : whole.split('.')[at])).join('.')));
  await refused('no signature behind the second dot', carried(`${header}.${payload}.`));
  await refused('a token of two parts', carried(`${header}.${payload}`));
  await refused('a token of four parts', carried(`${whole}.${signature}`));
  await refuses('a payload that is no JSON', { payload: 'tide' }, 'claim');
  await refuses('a payload that is a list', { payload: '[1]' }, 'claim');
}

const sentAsText = (sentAs, d, text) => {
  const headers = sentAs();
  return { ...headers, [d.signature]: `${d.prefix}${text}` };
};

/** Claims that are not there, or say something else. */
async function addClaims({ d, mint, refuses }) {
  const [live] = d.secrets;
  const claims = d.claims(live, Buffer.from(d.body), d);
  for (const name of d.checked ?? Object.keys(claims)) {
    await refuses(`no claim ${name}`, { claims: { [name]: undefined } }, 'claim');
    await refuses(`another ${name}`, { claims: { [name]: `${claims[name]}x` } }, 'claim');
    await refuses(`a claim ${name} that is a number`, { claims: { [name]: 7 } }, 'claim');
    await refuses(`a claim ${name} that is a list`, { claims: { [name]: [claims[name]] } }, 'claim');
    await refuses(`a claim ${name} that is null`, { claims: { [name]: null } }, 'claim');
    await refuses(`a claim ${name} that is empty`, { claims: { [name]: '' } }, 'claim');
  }
  if (d.bodyClaim) {
    const other = d.claims(live, Buffer.from(`${d.body} `), d)[d.bodyClaim];
    await refuses('the hash of another body', { claims: { [d.bodyClaim]: other } }, 'claim');
    if (!d.emptyUnhashed) await refuses('no hash and no body', { claims: { [d.bodyClaim]: undefined } }, 'claim', { body: '' });
    const half = claims[d.bodyClaim].slice(0, claims[d.bodyClaim].length / 2);
    await refuses('half of the hash of the body', { claims: { [d.bodyClaim]: half } }, 'claim');
  }
}

/** The times of a token, to the second. */
async function addTimes({ d, accepts, refuses }) {
  const at = (time_s, ms = 0) => ({ now_ms: time_s * 1000 + ms });
  const { leeway_s, age_s } = d;
  const { exp, nbf, iat } = d.times(NOW_S);
  if (exp) {
    await accepts('the last second before it expires', {}, at(exp + leeway_s - 1));
    await accepts('the last millisecond before it expires', {}, at(exp + leeway_s - 1, 999));
    await refuses('the second in which it expires', {}, 'stale', at(exp + leeway_s));
    await refuses('expired a day ago', {}, 'stale', at(exp + 86400));
    await refuses('expired, and of another secret, is only called that', { by: d.foreign ?? Buffer.from('nobody') }, 'mismatch', at(exp + 86400));
    for (const [what, value] of [['text', `${exp}`], ['negative', -1], ['null', null], ['far beyond all dates', 1e300]]) {
      await refuses(`an end that is ${what}`, { claims: { exp: value } }, 'claim');
    }
    await accepts('an end with a fraction', { claims: { exp: exp + 0.5 } });
  }
  if (nbf) {
    await accepts('as early as tolerated', { claims: { nbf: NOW_S + leeway_s } });
    await refuses('one second too early', { claims: { nbf: NOW_S + leeway_s + 1 } }, 'stale');
    await refuses('a beginning that is text', { claims: { nbf: `${NOW_S}` } }, 'claim');
  }
  if (iat) {
    await accepts('issued as far in the future as tolerated', { claims: { iat: NOW_S + leeway_s } });
    await refuses('issued one second too far in the future', { claims: { iat: NOW_S + leeway_s + 1 } }, 'stale');
    await refuses('a time of issue that is text', { claims: { iat: `${NOW_S}` } }, 'claim');
  }
  if (age_s && !exp) {
    await accepts('the last second of its age', {}, at(NOW_S + age_s));
    await accepts('the last millisecond of its age', {}, at(NOW_S + age_s, 999));
    await refuses('one second too old', {}, 'stale', at(NOW_S + age_s + 1));
    await refuses('a day old', {}, 'stale', at(NOW_S + 86400));
  }
  if (age_s) await refuses('a token that says no time', { claims: { exp: undefined, nbf: undefined, iat: undefined } }, 'claim');
}
