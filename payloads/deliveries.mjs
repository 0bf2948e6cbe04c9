// Deliveries as the provider makes them: each with an id of its own, signed, and posted.
import { createHmac } from 'node:crypto';
import { SECRET } from './bundle.mjs';

const ANSWER_MS = 30_000;
/** What the door has no time for it answers 503: a provider comes again. */
const POSTS_MAX = 10;
const PAUSE_MS = 1_000;

const hmac = (body, encoding) => createHmac('sha256', SECRET).update(body).digest(encoding);

const HEADERS = {
  github: ({ id, type, body }) => ({ 'X-GitHub-Delivery': id, 'X-GitHub-Event': type, 'X-Hub-Signature-256': `sha256=${hmac(body, 'hex')}` }),
  shopify: ({ id, type, body }) => ({ 'X-Shopify-Webhook-Id': id, 'X-Shopify-Topic': type, 'X-Shopify-Hmac-Sha256': hmac(body, 'base64') }),
};

/** The deliveries of all sources. */
export function deliveries(sources) {
  return sources.flatMap((source) =>
    source.samples.map((sample, n) => ({ ...sample, source, key: `${source.name}#payload-${n}`, id: `payload-${n}`, payload: JSON.parse(sample.body) })),
  );
}

/** Posts one, until it is answered for good: the status of the answer. */
export async function post(delivery, gateway) {
  for (let posts = 1; ; posts += 1) {
    const status = await once(delivery, gateway);
    if (status < 500 || posts === POSTS_MAX) return status;
    await new Promise((passed) => setTimeout(passed, PAUSE_MS));
  }
}

async function once(delivery, gateway) {
  const { source, body } = delivery;
  const response = await fetch(`${gateway}/hooks/${source.name}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...HEADERS[source.provider](delivery) },
    body,
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  await response.arrayBuffer();
  return response.status;
}
