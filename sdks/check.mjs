// Signs with every SDK at the current time, posts to a local stack, and holds what it answers against what it must.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { judge } from './judge.mjs';
import { genuine, wrongs } from './requests.mjs';
import { withSdk } from './roster.mjs';
import { writeSources } from './sources.mjs';
import { Stack } from './stack.mjs';
import { table } from './table.mjs';

const [root, target] = process.argv.slice(2);
if (!target) throw new Error('usage: node check.mjs CHECKOUT TARGET, or rather: bash sdks/run');
// Whoever ends this ends the stack too, see stack.mjs.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

const complaints = [];
const complain = (text) => complaints.push(text);

console.error('Making the vectors again with the SDKs ...');
const { roster, differing, elsewhere } = await withSdk(join(root, 'webhook/tests/vectors'));
differing.forEach((name) => complain(`${name}.json is not what make.mjs makes: see webhook/tests/vectors/make/README.md`));

console.error(`Building the bundle of ${roster.length} sources ...`);
const home = join(target, 'sdks');
const { file, secrets } = writeSources(home, roster);
const env = { ...process.env, ...secrets, TIDEGATE_SOURCES_FILE: file };
const build = ['build', '--quiet', '--bin', 'tidegate', '--target-dir', target];
execFileSync('cargo', build, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
const binaries = join(target, 'debug');
unlisted(execFileSync(join(binaries, 'tidegate'), ['providers', '--markdown'], { encoding: 'utf8' })).forEach((name) =>
  complain(`${name} is confirmed by its SDK, and nothing here signs for it: its file of vectors needs a kind, see make/shared.mjs`));

console.error('Posting to a stack of its own ...');
const stack = await Stack.start(binaries, join(home, 'state'), env);
try {
  const rows = [];
  for (const entry of roster) rows.push(await check(entry));
  await settle(rows);
  console.log(table(rows));
  const done = rows.filter((row) => row.accepted && row.became === 'done').length;
  const [right, all] = ['right', 'all'].map((what) => rows.reduce((sum, row) => sum + row[what], 0));
  console.log(`${rows.length} providers: ${done} accepted and done; ${right} of ${all} wrong requests refused as they must be`);
} finally {
  await stack.stop();
}
complaints.forEach((text) => console.error(`wrong: ${text}`));
process.exitCode = complaints.length === 0 ? 0 : 1;

/** One provider: its delivery as it is, and in every way in which it can be wrong. */
async function check(entry) {
  const { name, sdk, kind, accepts } = entry;
  const good = await genuine(entry, stack.gateway);
  if ((await judge(entry, good)) === 'refuses') complain(`${name}: its own SDK refuses the genuine request`);
  const { status, outcome, said } = await stack.post(good);
  const expected = kind.answers?.accepted ?? 200;
  const accepted = status === expected && outcome === 'accepted';
  if (!accepted) complain(`${name}: the genuine request is answered ${status} (${said}), expected ${expected}`);

  const key = `${name}#${kind.read(good.text).identity}`;
  const row = { name, sdk, key, status, accepted, judges: accepts !== undefined, right: 0, all: 0, strict: 0, lets_in: [] };
  for (const wrong of await wrongs(entry, stack.gateway)) {
    const answer = await stack.post(wrong.request);
    const right = answer.status === wrong.status && answer.outcome === wrong.outcome;
    if (!right) complain(`${name}: ${wrong.name} is answered ${answer.status} (${answer.said}), expected ${wrong.status} ${wrong.outcome}`);
    const verdict = await judge(entry, wrong.request);
    row.all += 1;
    row.right += right;
    row.strict += verdict === 'refuses';
    if (verdict === 'accepts') row.lets_in.push(wrong.name);
  }
  return row;
}

/** Waits for what became of the genuine ones, and sees that nothing else has a row. */
async function settle(rows) {
  const ledger = await stack.settled(rows.map(({ key }) => key));
  for (const row of rows) {
    row.became = ledger.get(row.key) ?? 'absent';
    if (row.became !== 'done') complain(`${row.name}: ${row.key} is ${row.became} in the table, expected done`);
    ledger.delete(row.key);
  }
  for (const [key, status] of ledger) complain(`${key} is ${status} in the table, and nothing genuine has this key`);
}

/** The providers whose rows say that their SDK confirms them, and that are not in the roster. */
function unlisted(page) {
  const rows = page.split('\n').filter((line) => line.startsWith('| ')).map((line) => line.slice(2, -2).split(' | '));
  const confirmed = rows.filter((cells) => cells.at(-1) === 'its SDK').map(([name]) => name);
  if (confirmed.length === 0) throw new Error('`tidegate providers --markdown` lists nobody as confirmed by "its SDK"');
  return confirmed.filter((name) => !elsewhere.includes(name) && !roster.some((entry) => entry.name === name));
}
