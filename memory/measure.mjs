// What an invocation takes with the share of a processor that Lambda gives to each memory size.
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Group } from './group.mjs';
import { peak, running } from '../payloads/memory.mjs';
import { Watched } from '../payloads/watched.mjs';
import { until } from '../sdks/stack.mjs';

const SIZES_MB = [128, 256, 512, 1024, 1769];
const SECRET = 'tidegate-test-secret';
/** An event as most providers send them, and one that no message has room for. */
const SMALL = { bytes: 4 * 1024, count: 300 };
const LARGE = { bytes: 4 * 1024 * 1024, count: 10 };
const LINE_MS = 10_000;
const FUNCTIONS = ['ingest-fn', 'worker-fn'];

const [target, ...sizes] = process.argv.slice(2);
if (!target) throw new Error('usage: node measure.mjs TARGET [MB...], or rather: bash memory/run');
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

/** A body that is not to be compressed much: text of chance, in JSON. */
const body = (bytes) => JSON.stringify({ text: randomBytes((bytes * 3) / 4).toString('base64') });

/** Posts one event and waits for its end: how long the door took, and the worker. */
async function deliver(stack, bytes) {
  const [id, text] = [randomUUID(), body(bytes)];
  const signature = createHmac('sha256', SECRET).update(text).digest('hex');
  const headers = { 'X-GitHub-Delivery': id, 'X-GitHub-Event': 'push', 'X-Hub-Signature-256': `sha256=${signature}` };
  const response = await fetch(`${stack.gateway}/hooks/github`, { method: 'POST', headers, body: text, signal: AbortSignal.timeout(30_000) });
  if (response.status !== 200) throw new Error(`the door answers ${response.status}`);
  const request = response.headers.get('apigw-requestid');
  const answered = await until("the door's line", LINE_MS, async () => stack.lines.get(request));
  await stack.end([`github#${id}`]);
  // A large one is more than an item takes, so its end is a letter, which is no less work.
  return { door: answered.ms, worker: stack.told(`github#${id}`).at(-1).ms };
}

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
const told = (numbers) => {
  const sorted = numbers.toSorted((one, other) => one - other);
  return `${at(sorted, 0.5)} | ${at(sorted, 0.99)}`;
};

async function measure(mb) {
  const stack = await Watched.start(join(target, 'debug'), join(target, 'memory', 'state'), process.env, [
    '--functions', join(target, 'memory', 'functions'), '--workers', '1',
  ]);
  const groups = [];
  try {
    // INIT has a whole core at Lambda; what is measured comes behind it.
    await deliver(stack, SMALL.bytes);
    const now = () => FUNCTIONS.map((name) => running(stack.process.pid, name));
    groups.push(...now().map((pids, n) => new Group(`tidegate-${FUNCTIONS[n]}`, mb, pids)));
    const rounds = {};
    for (const [name, { bytes, count }] of Object.entries({ small: SMALL, large: LARGE })) {
      rounds[name] = [];
      for (let n = 0; n < count; n += 1) rounds[name].push(await deliver(stack, bytes));
    }
    const columns = ['small', 'large'].flatMap((name) => ['door', 'worker'].map((who) => told(rounds[name].map((one) => one[who]))));
    const others = now().flatMap((pids, n) => pids.filter((pid) => !groups[n].pids.includes(pid)));
    if (others.length) throw new Error(`with ${mb} MB, ${others.length} processes began later and had a whole processor`);
    console.log(`| ${mb} | ${columns.join(' | ')} | ${groups.map(({ pids }) => Math.max(...pids.map(peak))).join(' | ')} |`);
  } finally {
    await stack.stop();
    groups.forEach((group) => group.remove());
  }
}

console.log('| MB | door p50 | p99 | worker p50 | p99 | large: door p50 | p99 | worker p50 | p99 | peak door MB | worker |');
console.log(`|${' --- |'.repeat(11)}`);
for (const mb of sizes.length ? sizes.map(Number) : SIZES_MB) await measure(mb);
