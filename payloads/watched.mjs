// A local stack whose worker is listened to: what became of each event, also of those that leave no row.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Stack, until } from '../sdks/stack.mjs';

/** How the worker's log calls what settles an event, and what says that it was settled before. */
export const SETTLED = ['done', 'superseded', 'dead', 'filtered'];
const SETTLED_BEFORE = ['duplicate', 'letter_sent_before'];

/** On a busy machine invocations are cut off, and their events come again after ever longer pauses. */
const SETTLE_MS = 600_000;
const LIST_MS = 120_000;
const LETTERS_BYTES_MAX = 64 * 1024 * 1024;

export class Watched extends Stack {
  /** How each event ended, by its key: a line for each message. */
  ends = new Map();
  /** Where payloads had what their contract does not know. */
  places = [];

  /** Keeps what the worker's log says, too. */
  read(line) {
    super.read(line);
    const [, json] = /^worker-fn \d+ (\{.*\})$/.exec(line) ?? [];
    const said = json && JSON.parse(json);
    if (said?.identity) this.told(`${said.source}#${said.identity}`).push(said);
    if (said?.place) this.places.push(said);
  }

  told(key) {
    if (!this.ends.has(key)) this.ends.set(key, []);
    return this.ends.get(key);
  }

  /** Waits until the worker has ended each of these events, or until the time for that is over. */
  async end(keys) {
    const isOver = (key) => this.told(key).some(({ outcome }) => [...SETTLED, ...SETTLED_BEFORE].includes(outcome));
    const give_up = Date.now() + SETTLE_MS;
    await until('the end of all events', 2 * SETTLE_MS, async () => keys.every(isOver) || Date.now() > give_up || undefined);
  }

  /** All letters of the dead-letter queue, as `tidegate dead list` tells them. */
  async letters(tidegate) {
    const port = (url) => new URL(url).port;
    const list = ['dead', 'list', '--json', '--sqs-port', port(this.sqs), '--dynamodb-port', port(this.dynamodb)];
    const { stdout } = await promisify(execFile)(tidegate, list, { timeout: LIST_MS, maxBuffer: LETTERS_BYTES_MAX });
    return stdout.trim().split('\n').filter(Boolean).map((line) => JSON.parse(line));
  }
}
