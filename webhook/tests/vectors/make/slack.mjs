// Slack: Python's slack_sdk through slack_bridge.py, and the vector of "Verifying requests from Slack".
import { spawnSync } from 'node:child_process';
import { VectorFile, hmac, sha256 } from './case.mjs';
import { NOW_S, addShared, addTimed, without } from './shared.mjs';

const SIGNATURE = 'X-Slack-Signature';
const TIMESTAMP = 'X-Slack-Request-Timestamp';
const secrets = ['8f742231b10e8888abcd99yyyzzz85a5', '0ld0ld0ld0ld0ld0ld0ld0ld0ld0ld00', 'f0re1gnf0re1gnf0re1gnf0re1gn0000'];
const body = '{"type":"event_callback","event":{"type":"app_mention","text":"in?"},"event_id":"Ev08MFMKH6","event_time":1760000000}';
const base = { 'Content-Type': 'application/json' };
const formBase = { 'Content-Type': 'application/x-www-form-urlencoded' };

function ask(question) {
  const run = spawnSync(process.env.PYTHON ?? 'python3', ['slack_bridge.py'], { input: JSON.stringify(question), encoding: 'utf8' });
  if (run.status !== 0) throw new Error(run.stderr);
  return JSON.parse(run.stdout);
}
const sign = (secret, text, timestamp) => ({
  [TIMESTAMP]: String(timestamp),
  [SIGNATURE]: ask({ do: 'sign', secret, timestamp: String(timestamp), body_hex: Buffer.from(text).toString('hex') }),
});
const signByHand = (secret, bytes, time) => ({
  [TIMESTAMP]: String(time),
  [SIGNATURE]: `v0=${hmac('sha256', secret, `v0:${time}:`, bytes).toString('hex')}`,
});
const read = (bytes) =>
  bytes === body ? { identity: 'Ev08MFMKH6', event_type: 'app_mention' } : { identity: `sha256:${sha256(bytes)}` };

export async function slack() {
  const file = new VectorFile(
    'slack',
    'slack_sdk 3.47.0 (PyPI), SignatureVerifier.generate_signature, checked with is_valid_request; the vector of api.slack.com',
    { secrets: secrets.slice(0, 1), now_ms: NOW_S * 1000, method: 'POST', url: 'https://hooks.example.com/hooks/slack' },
    async ({ headers, bytes, now_ms }, secret) => ask({ do: 'check', secret, headers, now_ms, body_hex: bytes.toString('hex') }),
  );
  const kind = {
    secrets, body, base, read, sign, signByHand, signature: SIGNATURE, prefix: 'v0=',
    altered: body.replace('in?', 'in!'),
    emoji: '{"text":"Tidé 🌊 in,\r\ntide 🐚 out"}',
    time: { tolerance_s: 300, item: false },
  };
  file.kind = kind;

  const documented = {
    headers: { ...formBase, [TIMESTAMP]: '1531420618', [SIGNATURE]: 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503' },
    body: 'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar' +
      '&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=' +
      '&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN' +
      '&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
  };
  await file.add({
    name: 'the documented example, a slash command', ...documented, now_ms: 1531420618000, expect: 'verified', secret: 0,
    identity: '398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c', event_type: '/webhook-collect',
  });
  await file.add({ name: 'the documented example, years later', ...documented, expect: 'stale' });
  await addShared(file, kind);
  await addTimed(file, kind, {
    edge: 'the SDK counts the fractions of a second',
    unreadable: (text) => ({ headers: { ...base, ...sign(secrets[0], body, text) } , ...(text === '+1760000000' && {
      sdk_differs: "Python's int() takes a sign",
    }) }),
  });

  const good = { ...base, ...sign(secrets[0], body, NOW_S) };
  const digest = good[SIGNATURE].slice('v0='.length);
  const sent = (value) => ({ ...good, [SIGNATURE]: value });
  const verified = (name, more) => file.add({ name, headers: good, body, expect: 'verified', secret: 0, ...read(body), ...more });
  const refused = (name, headers, expect, more = {}) => file.add({ name, headers, body, expect, ...more });
  await verified('a signature in upper-case hex', {
    headers: sent(`v0=${digest.toUpperCase()}`), sdk_differs: 'the SDK compares text; hex has no case',
  });
  const interactive = 'payload=%7B%22type%22%3A%22block_actions%22%2C%22trigger_id%22%3A%2212321423423.333649436676%22%7D';
  await verified('an interaction, a form around JSON', {
    headers: { ...formBase, ...sign(secrets[0], interactive, NOW_S) }, body: interactive,
    identity: `sha256:${sha256(interactive)}`, event_type: undefined,
  });
  const challenge = '{"token":"Jhj5dZrVaK7ZwHHjRyZWjbDl","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P","type":"url_verification"}';
  await verified('a url_verification', {
    headers: { ...base, ...sign(secrets[0], challenge, NOW_S) }, body: challenge,
    identity: `sha256:${sha256(challenge)}`, event_type: 'url_verification',
  });
  await refused('no timestamp header', without(good, TIMESTAMP), 'missing');
  await refused('a blank timestamp header', { ...good, [TIMESTAMP]: ' ' }, 'missing');
  await refused('a timestamp that was not the one signed', { ...good, [TIMESTAMP]: String(NOW_S + 1) }, 'mismatch');
  await refused('a leading zero before the timestamp signed', { ...good, [TIMESTAMP]: `0${NOW_S}` }, 'mismatch');
  const inMs = { ...base, ...sign(secrets[0], body, NOW_S * 1000) };
  await refused('a timestamp in milliseconds', inMs, 'stale');
  await refused('two signatures, joined as if the header were a list', sent(`v0=${digest},v0=${digest}`), 'mismatch');
  await refused('a signature without its prefix', sent(digest), 'mismatch');
  await refused('the prefix of another version', sent(`v1=${digest}`), 'mismatch');
  return file;
}
