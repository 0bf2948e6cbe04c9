// Inngest: Python's inngest through inngest_bridge.py. The package for Node brings 260 MB of others.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { TEXT_COMPARED, TEXT_SIGNED, standardSet } from './standard_set.mjs';
import { NO_AGE, because, lower, signedWith } from './timed-clock.mjs';

const [UPPER, SPACE] = ['a signature in upper-case hex', 'white space around the signature'];
const SIGNATURE = 'X-Inngest-Signature';
// As the executor writes it: the canonical form of RFC 8785.
const run = (note) =>
  '{"ctx":{"attempt":0,"fn_id":"3f1c8119-20eb-45da-8fa7-0e3ac484e32e","run_id":"01JBS8Q5M2T4V6X8Z0B1D3F5H7","use_api":false},'
  + `"event":{"data":{"note":"${note}"},"id":"01JBS8Q5K0A2C4E6G8J1M3P5R7","name":"tide/gate.opened","ts":1760000000000},"steps":{},"version":-1}`;
const body = run('in & out');
const large = run('tide '.repeat(5300));

let bridge;

/** Asks the bridge, which waits for the next question and ends with this process. One is answered at a time. */
async function ask(question) {
  if (!bridge) {
    const child = spawn(process.env.PYTHON ?? 'python3', ['inngest_bridge.py'], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.unref();
    bridge = { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
  }
  const { child: { stdin, stdout }, lines } = bridge;
  stdout.ref();
  stdin.write(`${JSON.stringify(question)}\n`);
  const { value, done } = await lines.next();
  [stdin, stdout].forEach((pipe) => pipe.unref());
  if (done) throw new Error('inngest_bridge.py has ended');
  return JSON.parse(value);
}

export const inngest = () => standardSet({
  name: 'inngest',
  madeBy: 'inngest 0.5.19 (PyPI), net.sign_request, checked with net.validate_request_sig',
  secrets: ['signkey-prod-12345678', 'signkey-branch_2-23456789abcdef', '3456789abcdef012'],
  key: (secret) => secret.replace(/^signkey-\w+-/, ''),
  body, emoji: run('Tidé 🌊 in,\\r\\n🐚 out'),
  signature: SIGNATURE, prefix: 's=', list: '&',
  signed: (bytes, time) => [bytes, time],
  time: { item: 't=', unit: 's', tolerance_s: 300 },
  id: ['json:/ctx/run_id'], type: ['json:/event/name'],
  sdkSign: async (secret, text, time) => ({
    [SIGNATURE]: await ask({ do: 'sign', secret, timestamp: Number(time), body_hex: Buffer.from(text).toString('hex') }),
  }),
  accepts: (request, secret) => ask({ do: 'check', secret, headers: lower(request), body_hex: request.bytes.toString('hex') }),
  // What is no JSON the SDK does not sign, and half a text repeated is none.
  large: [body, 1], skip: ['a body of 200 KiB'],
  differs: {
    ...TEXT_SIGNED, ...NO_AGE,
    ...because(TEXT_COMPARED[UPPER], UPPER),
    ...because(TEXT_COMPARED[SPACE], SPACE),
    ...because(
      'the SDK verifies the JSON that it has written again; we verify the bytes that were sent',
      'one byte added to the body', 'the body with its ampersand escaped', 'the body with its members in another order',
    ),
    ...because('the SDK reads the first signature only', 'two signatures in rotation, ours second'),
    ...signedWith("Python's int() reads it", '-1760000000', '99999999999999999999'),
  },
  more: async ({ verified, refused, good, signed }) => {
    await verified('a body of 26 KB', await signed(undefined, large), { body: large });
    await refused('the body with its ampersand escaped', good, 'mismatch', { body: body.replace('&', '\\u0026') });
    const { version, ...others } = JSON.parse(body);
    await refused('the body with its members in another order', good, 'mismatch', { body: JSON.stringify({ version, ...others }) });
    await verified('under the fallback key, the first of two lines', good, { secrets: ['signkey-prod-12345678', 'signkey-prod-0'] });
  },
});
