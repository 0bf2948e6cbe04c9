// The private keys that sign where a provider signs with one. Everybody knows them.
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { p256 } from '@noble/curves/nist.js';
import { hmac } from './case.mjs';

const kept = JSON.parse(readFileSync(new URL('rsa_keys.json', import.meta.url)));
export const CERTIFICATES = kept.certificates;

/** RSA keys: ours, somebody else's, and one of 1,024 bits. PKCS #1 v1.5 makes the same signature every time. */
export const RSA = Object.fromEntries(['ours', 'other', 'small'].map((name) => {
  const key = createPrivateKey({ key: Buffer.from(kept[name], 'base64'), format: 'der', type: 'pkcs8' });
  const published = createPublicKey(key);
  return [name, {
    key,
    jwk: published.export({ format: 'jwk' }),
    pem: published.export({ format: 'pem', type: 'spki' }),
    spki: published.export({ format: 'der', type: 'spki' }).toString('base64'),
    sign: (hash, message) => sign(hash, message, key),
  }];
}));

/** P-256 keys from 32 equal bytes. Their nonces follow from the message (RFC 6979). */
export const P256 = [1, 2, 3].map((byte) => {
  const seed = Buffer.alloc(32, byte);
  const point = Buffer.from(p256.getPublicKey(seed, false));
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((number) => number.toString('base64url'));
  return {
    point,
    jwk: { kty: 'EC', crv: 'P-256', x, y },
    sign: (message) => Buffer.from(p256.sign(message, seed, { format: 'compact', lowS: false })),
  };
});

const HMACS = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' };
const RSAS = { RS256: 'sha256', RS384: 'sha384', RS512: 'sha512' };

/** What signs a token by an algorithm, with a key that fits it. */
export function tokenSignature(alg, key, message) {
  if (alg in HMACS) return hmac(HMACS[alg], key, message);
  if (alg in RSAS) return key.sign(RSAS[alg], Buffer.from(message));
  return key.sign(Buffer.from(message));
}

const part = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** A JSON Web Token. The payload may be any text. */
export function token(header, payload, key) {
  const message = `${part(header)}.${part(payload)}`;
  const signature = header.alg === 'none' ? Buffer.alloc(0) : tokenSignature(header.alg, key, message);
  return `${message}.${signature.toString('base64url')}`;
}
