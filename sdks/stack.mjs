// A local stack of its own: started, posted to, looked into and ended.
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const START_MS = 60_000;
const ANSWER_MS = 10_000;
const SETTLE_MS = 30_000;
const STOP_MS = 20_000;
const PAUSE_MS = 20;

/** Looks for something until it is there, and returns it. */
export async function until(what, limit_ms, look) {
  const give_up = Date.now() + limit_ms;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > give_up) throw new Error(`${what}: not within ${limit_ms / 1000} s`);
    await new Promise((passed) => setTimeout(passed, PAUSE_MS));
  }
}

export class Stack {
  /** Starts `tidegate up` on free ports, from the folder of the command, and with its state in another that is removed. */
  static async start(binaries, state, env, more = []) {
    const stack = new this();
    rmSync(state, { recursive: true, force: true });
    const options = ['--port', '0', '--sqs-port', '0', '--dynamodb-port', '0', '--ssm-port', '0', '--s3-port', '0', '--state', state, ...more];
    Object.assign(stack, { state, greeting: '', lines: new Map() });
    stack.process = spawn(join(binaries, 'tidegate'), ['up', ...options], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    stack.ended = new Promise((ended) => stack.process.once('close', ended));
    process.once('exit', () => stack.process.kill('SIGTERM'));
    createInterface({ input: stack.process.stdout }).on('line', (line) => stack.read(line));
    stack.process.stderr.on('data', (text) => { stack.greeting += text; });
    await until('the stack', START_MS, async () => {
      if (stack.process.exitCode !== null) throw new Error(`the stack does not start:\n${stack.greeting}`);
      return stack.greeting.includes('Ctrl-C stops it') || undefined;
    });
    [, stack.gateway] = /^webhooks +(\S+)\/hooks\/NAME/m.exec(stack.greeting);
    [, stack.dynamodb, stack.table] = /^DynamoDB +(\S+) \(table (\S+)\)/m.exec(stack.greeting);
    [, stack.sqs] = /^SQS +(\S+)/m.exec(stack.greeting);
    return stack;
  }

  /** Keeps what the door's log says of each request. */
  read(line) {
    const [, json] = /^ingest-fn \d+ (\{.*\})$/.exec(line) ?? [];
    const said = json && JSON.parse(json);
    if (said?.request_id) this.lines.set(said.request_id, said);
  }

  /** Posts a request: the status of the answer, and the outcome that the door's log says of it. */
  async post({ method, url, headers, bytes }) {
    const response = await fetch(url, { method, headers, body: bytes, signal: AbortSignal.timeout(ANSWER_MS) });
    await response.arrayBuffer();
    const id = response.headers.get('apigw-requestid');
    const { outcome, detail } = await until(`the door's line on ${url}`, ANSWER_MS, async () => this.lines.get(id));
    return { status: response.status, outcome, said: detail ? `${outcome}: ${detail}` : outcome };
  }

  /** The status of every row of the table, by its key, once these events are settled or the time for that is over. */
  async settled(keys) {
    const give_up = Date.now() + SETTLE_MS;
    return until('the table', 2 * SETTLE_MS, async () => {
      const rows = await this.rows();
      return keys.every((key) => ['done', 'dead'].includes(rows.get(key))) || Date.now() > give_up ? rows : undefined;
    });
  }

  async rows() {
    return new Map((await this.items()).map(({ pk, status }) => [pk.S, status.S]));
  }

  /** Every item of the table, as DynamoDB writes them. */
  async items() {
    const items = [];
    let from;
    do {
      const response = await fetch(this.dynamodb, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/x-amz-json-1.0', 'X-Amz-Target': 'DynamoDB_20120810.Scan',
          // The endpoint wants both and checks no signature.
          'X-Amz-Date': new Date().toISOString().replace(/[-:]|\.\d+/g, ''),
          Authorization: 'AWS4-HMAC-SHA256 Credential=local/20250101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
        },
        body: JSON.stringify({ TableName: this.table, ConsistentRead: true, ExclusiveStartKey: from }),
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      if (!response.ok) throw new Error(`the table answers ${response.status}: ${await response.text()}`);
      const { Items, LastEvaluatedKey } = await response.json();
      items.push(...Items);
      from = LastEvaluatedKey;
    } while (from);
    return items;
  }

  /** Ends the stack by its process id, and removes its state. */
  async stop() {
    this.process.kill('SIGTERM');
    const kill = setTimeout(() => this.process.kill('SIGKILL'), STOP_MS);
    await this.ended;
    clearTimeout(kill);
    rmSync(this.state, { recursive: true, force: true });
  }
}
