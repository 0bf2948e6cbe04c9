// The bundle that the payloads go through: contracts inferred from the first half of them, and a sources.toml with them.
import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ruleOf } from './rules.mjs';
import { inTurns } from './turns.mjs';

/** The sources sign with the secret that everybody knows. */
export const SECRET = 'tidegate-test-secret';
const INFER_MS = 60_000;

/** Writes contracts and sources.toml into a folder that the checkout knows as `contracts/payloads`; returns the file. */
export async function writeBundle(folder, tidegate, sources, rules) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const texts = [];
  for (const source of sources) texts.push(await written(folder, tidegate, source, ruleOf(rules, source)));
  const file = join(folder, 'sources.toml');
  writeFileSync(file, `# Written by payloads/bundle.mjs.\n\n${texts.join('\n')}`);
  return file;
}

async function written(folder, tidegate, { name, provider, samples }, { filter, map, entity, order_by }) {
  const byType = new Map();
  for (const sample of samples.filter(({ half }) => half === 'first')) byType.set(sample.type, [...(byType.get(sample.type) ?? []), sample]);
  const contracts = [...byType.keys()].map((type) => `${JSON.stringify(type)} = "contracts/payloads/${name}/${stem(type)}.json"\n`);
  mkdirSync(join(folder, name));
  await inTurns([...byType], 4, async ([type, some]) => {
    const from = join(folder, name, `${stem(type)}.jsonl`);
    writeFileSync(from, some.map(({ body }) => `${body}\n`).join(''));
    await promisify(execFile)(tidegate, ['contract', 'infer', from, '--output', join(folder, name, `${stem(type)}.json`)], { timeout: INFER_MS });
  });
  const program = (key, text) => (text ? `${key} = '''${text}'''\n` : '');
  const programs = program('filter', filter) + program('map', map) + program('entity', entity) + program('order_by', order_by);
  const table = contracts.length ? `\n[${name}.contract]\n${contracts.join('')}` : '';
  return `[${name}]\nprovider = "${provider}"\nsecrets = ["env:TIDEGATE_SECRET_PAYLOADS"]\n${programs}${table}`;
}

const stem = (type) => type.replaceAll('/', '--');
