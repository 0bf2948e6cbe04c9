// The cases of keys that lie in a certificate whose URL the request names.
import { CERTIFICATES, RSA } from './private_keys.mjs';

/**
 * `named(url, key)` is what a case needs to name its certificate there, signed by this key; `place(name)` a URL of the
 * provider's, another one for each name, because SDKs keep what they have fetched; `foreign` are more URLs that are
 * refused, and `known` is what is known of the event.
 */
export async function addCertificates({ add, named, place, foreign, known }) {
  const [provider] = place('x').slice('https://'.length).split('/');
  const path = place('x').slice(`https://${provider}`.length);
  const at = async (name, certificate, expect, { url = place(name), key = RSA.ours, more = {} } = {}) => {
    const documents = certificate === undefined ? {} : { [url]: certificate };
    await add({ name, ...(await named(url, key)), documents, expect, ...more });
  };
  await at('a certificate at another place of the provider', CERTIFICATES.valid, 'verified', { more: { secret: 0, ...known } });
  await at('two certificates, ours first', `${CERTIFICATES.valid}${CERTIFICATES.other}`, 'verified', { more: { secret: 0, ...known } });
  await at('two certificates, ours second', `${CERTIFICATES.other}${CERTIFICATES.valid}`, 'mismatch');
  await at('signed by a key that is not that of the certificate', CERTIFICATES.valid, 'mismatch', { key: RSA.other });
  await at('the certificate of another key', CERTIFICATES.other, 'mismatch');
  await at('an expired certificate', CERTIFICATES.expired, 'certificate');
  await at('a certificate whose time has not come', CERTIFICATES.not_yet, 'certificate');
  await at('a certificate for a key on a curve', CERTIFICATES.curve, 'certificate');
  await at('a key of 1,024 bits', CERTIFICATES.small, 'mismatch', { key: RSA.small });
  await at('a bare public key in place of a certificate', RSA.ours.pem, 'certificate');
  await at('a page in place of a certificate', '<html>not found</html>', 'certificate');
  await at('an empty certificate', '', 'certificate');
  await at('a certificate that is cut off', CERTIFICATES.valid.slice(0, 600), 'certificate');
  await at('a certificate that is not at hand', undefined, 'key_wanted');
  for (const [what, url] of Object.entries({
    'on a host of somebody else': `https://evil.example${path}`,
    'on a host that ends like it': `https://evil-${provider}${path}`,
    'on a host that begins like it': `https://${provider}.evil.example${path}`,
    'behind a user that is called like it': `https://${provider}@evil.example${path}`,
    'without encryption': `http://${provider}${path}`,
    'at another port': `https://${provider}:8443${path}`,
    'in a folder above': `https://${provider}/x/..${path}`,
    'with a query': `${place('x')}?x=1`,
    'with a fragment': `${place('x')}#x`,
    'on another path': `https://${provider}/bucket${path}`,
    'with a line feed': `${place('x')}\nx`,
    ...foreign,
  })) {
    await at(`a certificate ${what}`, CERTIFICATES.valid, 'foreign_place', { url });
  }
}
