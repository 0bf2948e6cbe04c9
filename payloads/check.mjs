// Real payloads through the real thing: door, queue, filter, contract, map, order and table; see payloads/README.md.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { SECRET, writeBundle } from './bundle.mjs';
import { deliveries, post } from './deliveries.mjs';
import { judge } from './judge.mjs';
import { taken, watched } from './memory.mjs';
import { report } from './report.mjs';
import { rules } from './rules.mjs';
import { samples } from './samples.mjs';
import { inTurns } from './turns.mjs';
import { SETTLED, Watched } from './watched.mjs';

const AT_ONCE = 8;
const COMPLAINTS_SHOWN = 20;
/** What a worker and its process for programs may take together at any moment, of a debug build that is both functions. */
const MB_MAX = 256;
const told = ({ worker, programs, together }) => `${worker} + ${programs}, together ${together}`;

const [root, target] = process.argv.slice(2);
if (!target) throw new Error('usage: node check.mjs CHECKOUT TARGET, or rather: bash payloads/run');
// Whoever ends this ends the stack too, see sdks/stack.mjs.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

const home = join(target, 'payloads');
const tidegate = join(target, 'debug', 'tidegate');
const build = (env) =>
  execFileSync('cargo', ['build', '--quiet', '--bin', 'tidegate', '--target-dir', target], { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });

const sources = samples(home);
const programs = rules(root);
console.error('Inferring contracts ...');
build(process.env);
const file = await writeBundle(join(home, 'contracts'), tidegate, sources, programs);

console.error('Building the bundle with them ...');
const env = { ...process.env, TIDEGATE_SOURCES_FILE: file, TIDEGATE_SECRET_PAYLOADS: SECRET };
build(env);

const all = deliveries(sources);
console.error(`Posting ${all.length} deliveries of ${sources.length} sources to a stack of its own ...`);
const started_ms = Date.now();
const stack = await Watched.start(join(target, 'debug'), join(home, 'state'), env);
try {
  const statuses = new Map();
  const pass = async (some, width) => {
    await inTurns(some, width, async (delivery) => { statuses.set(delivery.key, await post(delivery, stack.gateway)); });
    await stack.end(some.map(({ key }) => key));
  };
  await pass(all.filter(({ half }) => half !== 'large'), AT_ONCE);
  const before = taken(stack.process.pid);
  const memory = await watched(stack.process.pid, () => pass(all.filter(({ half }) => half === 'large'), 1));
  const seconds = Math.round((Date.now() - started_ms) / 1000);
  const letters = await stack.letters(tidegate);
  const { fates, complaints } = judge(all, programs, { statuses, ended: stack.ends, items: await stack.items(), letters });
  console.log(report(fates, letters, stack.places, [...stack.ends.values()].flat().filter(({ outcome }) => !SETTLED.includes(outcome))));
  const count = (...ends) => fates.filter(({ end }) => ends.includes(end)).length;
  const [filtered, done, dead] = [count('filtered'), count('done', 'superseded'), count('dead')];
  console.log(`\n${all.length} posted = ${filtered} filtered + ${done} done + ${dead} dead, ${letters.length} letters, in ${seconds} s`);
  console.log(`memory at its peak, worker + its programs: ${told(before)} MB before the large ones, ${told(memory)} MB with them, of ${MB_MAX}`);
  if (memory.together > MB_MAX) complaints.push(`${told(memory)} MB, expected ${MB_MAX} at most`);
  if (filtered + done + dead !== all.length || letters.length !== dead) complaints.push('the numbers do not add up');
  complaints.slice(0, COMPLAINTS_SHOWN).forEach((text) => console.error(`wrong: ${text}`));
  if (complaints.length > COMPLAINTS_SHOWN) console.error(`and ${complaints.length - COMPLAINTS_SHOWN} more`);
  process.exitCode = complaints.length === 0 ? 0 : 1;
} finally {
  await stack.stop();
}
