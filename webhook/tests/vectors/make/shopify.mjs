// Shopify: @shopify/shopify-api's own HMAC helper and its webhooks.validate.
import '@shopify/shopify-api/adapters/node';
import { ApiVersion, LogSeverity, shopifyApi } from '@shopify/shopify-api';
import { HashFormat, createSHA256HMAC } from '@shopify/shopify-api/runtime';
import { VectorFile, hmac } from './case.mjs';
import { NOW_S, addShared } from './shared.mjs';

const SIGNATURE = 'X-Shopify-Hmac-SHA256';
const secrets = ['shpss_example_client_secret', 'shpss_example_older_secret', 'shpss_somebody_else'];
const body = '{"id":820982911946154508,"admin_graphql_api_id":"gid://shopify/Order/820982911946154508","name":"#9999"}';
const base = {
  'Content-Type': 'application/json',
  'X-Shopify-API-Version': '2026-07',
  'X-Shopify-Event-Id': '98880550-7158-44d4-b7cd-2c97c8a091b5',
  'X-Shopify-Shop-Domain': 'tidegate-example.myshopify.com',
  'X-Shopify-Topic': 'orders/create',
  'X-Shopify-Webhook-Id': 'b54557e4-bdd9-4b37-8a5f-bf7d70bcd043',
};
const read = () => ({ identity: 'b54557e4-bdd9-4b37-8a5f-bf7d70bcd043', event_type: 'orders/create' });

async function accepts(request, apiSecretKey) {
  const { webhooks } = shopifyApi({
    apiKey: 'key', apiSecretKey, apiVersion: Object.values(ApiVersion).at(-1), hostName: 'hooks.example.com',
    isEmbeddedApp: false, logger: { level: LogSeverity.Error },
  });
  const rawRequest = { method: 'POST', url: '/hooks/shopify', headers: request.headers };
  return (await webhooks.validate({ rawBody: request.text, rawRequest, rawResponse: {} })).valid;
}

export async function shopify() {
  const file = new VectorFile(
    'shopify',
    '@shopify/shopify-api 13.1.0 (npm), runtime createSHA256HMAC, checked with webhooks.validate',
    { secrets: secrets.slice(0, 1), now_ms: NOW_S * 1000, method: 'POST', url: 'https://hooks.example.com/hooks/shopify' },
    accepts,
  );
  const kind = {
    secrets, body, base, read, signature: SIGNATURE, prefix: '',
    altered: body.replace('#9999', '#9998'),
    emoji: '{"note":"Séa 🐚\r\n& shore 🌊"}',
    emptyDiffers: 'the SDK refuses an empty body; Shopify sends none',
    sign: async (secret, text) => ({ [SIGNATURE]: await createSHA256HMAC(secret, text, HashFormat.Base64) }),
    signByHand: (secret, bytes) => ({ [SIGNATURE]: hmac('sha256', secret, bytes).toString('base64') }),
  };
  file.kind = kind;
  await addShared(file, kind);

  const good = { ...base, ...(await kind.sign(secrets[0], body)) };
  const value = good[SIGNATURE];
  const sent = (replacement) => ({ ...good, [SIGNATURE]: replacement });
  const refused = (name, headers, more = {}) => file.add({ name, headers, body, expect: 'mismatch', ...more });
  await file.add({
    name: 'a signature without its padding', headers: sent(value.replace(/=+$/, '')), body,
    expect: 'verified', secret: 0, ...read(), sdk_differs: 'the SDK compares text; the bytes are the same',
  });
  await refused('the same JSON, serialised again', good, { body: JSON.stringify(JSON.parse(body)) });
  await refused('two signatures, joined as if the header were a list', sent(`${value},${value}`));
  const byHand = { made_by: 'node:crypto' };
  await refused('the right tag in hex', sent(hmac('sha256', secrets[0], body).toString('hex')), byHand);
  const tag = (text) => hmac('sha256', secrets[0], text).toString('base64');
  const telling = [...Array(99).keys()].map((n) => `{"id":${n}}`).find((text) => /[+/]/.test(tag(text)));
  const urlSafe = tag(telling).replaceAll('+', '-').replaceAll('/', '_');
  await refused('the right tag in the alphabet of base64url', sent(urlSafe), { body: telling, ...byHand });
  await refused('a prefix that the scheme does not know', sent(`sha256=${value}`));
  const sha1 = hmac('sha1', secrets[0], body).toString('base64');
  await refused('a SHA-1 tag', sent(sha1), byHand);
  return file;
}
