// What the sources want of the payloads, in jq as a source says it, and here in JavaScript to hold the answers against.
import { readFileSync } from 'node:fs';

/** The map that `docs/mapping.md` shows for a provider. */
function documented(page, title) {
  const [, program] = new RegExp(`^### ${title}\\n[^]*?^\`\`\`jq\\n([^]*?)^\`\`\``, 'm').exec(page) ?? [];
  if (!program) throw new Error(`docs/mapping.md has no map under "${title}"`);
  return program.trim();
}

const list = (value) => (value !== null && typeof value === 'object' ? Object.values(value) : []);
/** A value, or null where there is none. */
const or = (...values) => values.find((value) => value !== undefined && value !== null && value !== false) ?? null;
const of = (value) => value ?? null;

const mapped = {
  github: (p) => ({
    repository: of(p.repository?.full_name), number: of(p.pull_request?.number), action: of(p.action),
    by: or(p.sender?.login, p.pull_request?.user?.login),
    reviewers: list(p.pull_request?.requested_reviewers).map(({ login }) => of(login)),
    small: (p.pull_request?.additions ?? 0) + (p.pull_request?.deletions ?? 0) < 10,
  }),
  shopify: (p) => ({
    id: of(p.id), order: of(p.name),
    full_name: [p.customer?.first_name, p.customer?.last_name].filter((name) => typeof name === 'string' && name !== '').join(' '),
    email: or(p.customer?.email, p.email), total: of(p.total_price),
    lines: list(p.line_items).map(({ sku, quantity }) => ({ sku: of(sku), quantity: of(quantity) })),
  }),
};

/** For each kind of source: its programs, and what they must say of a payload. */
export function rules(root) {
  const page = readFileSync(`${root}/docs/mapping.md`, 'utf8');
  const github = { map: documented(page, 'GitHub'), mapped: mapped.github };
  return {
    github: { ...github, filter: '.sender.type != "Bot" and .action != "edited"', wanted: (p) => p.sender?.type !== 'Bot' && p.action !== 'edited' },
    pulls: {
      ...github, filter: '.pull_request', wanted: (p) => Boolean(p.pull_request),
      entity: '.pull_request.url', order_by: '.pull_request.updated_at',
      placed: (p) => ({ entity: p.pull_request.url, order: p.pull_request.updated_at }),
    },
    shopify: { map: documented(page, 'Shopify'), mapped: mapped.shopify, filter: '.test != true', wanted: (p) => p.test !== true },
  };
}

/** The rules of a source. */
export const ruleOf = (all, { name, provider }) => all[name] ?? all[provider];
