// The payloads of the packages, each with its type, in two halves: contracts are inferred from the first.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** What a GitHub server of this name posts: `api.github.com`, or a version of GitHub's own server. */
function github(folder) {
  const kinds = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8'));
  return kinds.flatMap(({ name, examples }) => examples.map((payload) => ({ type: name, body: JSON.stringify(payload) })));
}

/** What Shopify documents as the payload of each topic, in each version of its API. */
function shopify(folder) {
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.json')).sort();
  const all = files.map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')));
  return all.map(({ name, response }) => ({ type: name, body: JSON.stringify(response) }));
}

/** Every other one of each type: so the actions of an event, or the versions of a topic, are in both halves. */
function halved(samples) {
  const seen = new Map();
  return samples.map((sample) => {
    const nth = seen.get(sample.type) ?? 0;
    seen.set(sample.type, nth + 1);
    return { ...sample, half: nth % 2 === 0 ? 'first' : 'other' };
  });
}

/** Five megabytes, made of a payload: lists of many values, of few large ones, and of what the map would store. */
function large({ type, body }) {
  const list = (item) => Array(Math.floor(5_000_000 / (JSON.stringify(item).length + 1))).fill(item);
  const more = [{ more: list(0) }, { more: list({ a: {} }) }, { more: list('tide'.repeat(1000)) }, { line_items: list({ sku: 'gate'.repeat(1000) }) }];
  return more.map((fields) => ({ type, body: JSON.stringify({ ...JSON.parse(body), test: false, ...fields }), half: 'large' }));
}

/** The samples of each source. `pulls` gets what GitHub's source gets, and wants what is about a pull request. */
export function samples(home) {
  const examples = join(home, 'octokit');
  const hosts = readdirSync(examples).filter((name) => existsSync(join(examples, name, 'index.json'))).sort();
  const all = hosts.map((host) => {
    const name = host === 'api.github.com' ? 'github' : `github-${host}`;
    return { name, provider: 'github', samples: halved(github(join(examples, host))) };
  });
  const pulls = all.find(({ name }) => name === 'github').samples.map((sample) => ({ ...sample, half: 'none' }));
  all.push({ name: 'pulls', provider: 'github', samples: pulls });
  const orders = halved(shopify(join(home, 'shopify', 'metadatas')));
  orders.push(...large(orders.findLast(({ type, half }) => type === 'orders/create' && half === 'first')));
  all.push({ name: 'shopify', provider: 'shopify', samples: orders });
  return all;
}
