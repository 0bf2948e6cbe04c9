// AWS SNS: the signature stands in the body; node:crypto signs, two validators judge.
import { createHash } from 'node:crypto';
import https from 'node:https';
import { PassThrough } from 'node:stream';
import MessageValidator from 'sns-validator';
import PayloadValidator from 'sns-payload-validator';
import { addCertificates } from './certificates.mjs';
import { VectorFile } from './case.mjs';
import { CERTIFICATES, RSA } from './private_keys.mjs';
import { NOT_UTF8, NOW_S } from './shared.mjs';
import { because } from './timed-clock.mjs';

const TOPICS = ['live', 'older', 'of-somebody-else'].map((name) => `arn:aws:sns:eu-central-1:123456789012:${name}`);
const place = (name, domain = 'eu-central-1.amazonaws.com') =>
  `https://sns.${domain}/SimpleNotificationService-${createHash('md5').update(name).digest('hex')}.pem`;
const CERT = place('ours');
const ID = '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324';
const CONTROL = {
  Type: 'SubscriptionConfirmation', Token: '2336412f37fb687f5d51e6e241d09c805a5a57b30d712f794cc5f6a988666d92',
  Message: 'You have chosen to subscribe to the topic.\nTo confirm the subscription, visit the SubscribeURL included in this message.',
  SubscribeURL: 'https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&Token=2336412f37fb', Subject: undefined,
};
const SIGNED = ['Message', 'MessageId', 'Subject', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];

/** A message as SNS sends it, signed with all that is in it; `after` is what is changed then. */
function message(fields = {}, { key = RSA.ours, hash = 'sha256', after = {}, keys = SIGNED } = {}) {
  const said = {
    Type: 'Notification', MessageId: ID, TopicArn: TOPICS[0], Subject: 'Tide', Message: 'High tide at noon',
    Timestamp: new Date(NOW_S * 1000).toISOString(), SignatureVersion: hash === 'sha1' ? '1' : '2', SigningCertURL: CERT, ...fields,
  };
  const text = keys.filter((name) => said[name] !== undefined).map((name) => `${name}\n${said[name]}\n`).join('');
  const { Timestamp, ...whole } = { ...said, Signature: key.sign(hash, text).toString('base64'), Timestamp: said.Timestamp, ...after };
  return JSON.stringify({ ...whole, Timestamp }, null, 2);
}

/** Whether a validator takes a message, with the documents of the case in place of the network. */
async function accepts({ text, documents }) {
  const { get } = https;
  https.get = (url, ...more) => {
    const answer = Object.assign(new PassThrough(), { statusCode: documents[url] ? 200 : 404 });
    more.at(-1)(answer);
    answer.end(documents[url] ?? 'not found');
    return { on: () => {} };
  };
  try {
    const official = await new Promise((judged) => new MessageValidator().validate(text, (error) => judged(!error)));
    const other = await new PayloadValidator({ useCache: false }).validate(text).then(() => true, () => false);
    return official || other;
  } finally {
    https.get = get;
  }
}

const NO_AGE = 'the SDKs look at no time';
const DIFFERS = {
  ...because('the SDKs look at no topic', 'a topic of somebody else', 'a topic that is no longer ours', 'a topic in another case', 'a topic and more'),
  ...because(NO_AGE, 'one second past the tolerance', 'a day old', 'one second too far in the future'),
  ...because(NO_AGE, ...['1760000000', 'abc', '2025-10-09', '2025-10-09T08:53:20', 'Thu, 09 Oct 2025 08:53:20 GMT'].map((text) => `signed with the timestamp ${text}`)),
  ...because('the SDKs look at no dates of a certificate', 'an expired certificate', 'a certificate whose time has not come'),
  ...because('the SDKs take any RSA key', 'a key of 1,024 bits', 'a bare public key in place of a certificate'),
  ...because('the SDKs sign by what comes first, and look at no line feeds in it', 'a topic of somebody else with ours in its message', 'a message with another id in it',
    'a line feed in MessageId', 'a line feed in Subject', 'a line feed in Type', 'a line feed in Timestamp'),
  ...because('sns-payload-validator signs no URL of a notification', 'a URL that was put beside a notification', 'a token that was put beside a notification, with a URL'),
  ...because('sns-payload-validator leaves out of what is signed whatever is not there', 'no Message', 'no MessageId', 'no Timestamp', 'no TopicArn'),
  ...because('sns-validator takes any path and reads it as browsers do', 'a certificate in a folder above', 'a certificate with a fragment',
    'a certificate on another path', 'a certificate of another name', 'a certificate with letters escaped'),
};

/** The same message, of which the signature covers every byte, cut into other fields behind the first line of its text. */
function recut(fields, after) {
  const said = JSON.parse(message({ Subject: undefined, ...fields }));
  const [first, ...rest] = said.Message.split('\n');
  const behind = ['MessageId', 'Timestamp', 'TopicArn', 'Type'].map((name) => `${name}\n${said[name]}`).join('\n');
  return JSON.stringify({ ...said, ...after(first, rest, behind) });
}

const sns = (name, both) => async () => {
  const file = new VectorFile(name, 'sns-validator 0.3.5 or sns-payload-validator 2.1.0 (npm) has accepted it; signed by node:crypto', {
    secrets: TOPICS.slice(0, 1), documents: { [CERT]: CERTIFICATES.valid }, now_ms: NOW_S * 1000, method: 'POST',
    url: `https://hooks.example.com/hooks/${name}`, headers: { 'Content-Type': 'text/plain; charset=UTF-8', 'x-amz-sns-message-type': 'Notification' },
  }, accepts);
  const differs = both ? DIFFERS : { ...DIFFERS, 'a notification of version 1, signed by SHA-1': 'the SDKs take both versions' };
  const unused = new Set(Object.keys(differs));
  const add = (one) => {
    unused.delete(one.name);
    return file.add({ sdk_differs: differs[one.name], ...one });
  };
  const read = (body) => ({ identity: JSON.parse(body).MessageId, event_type: JSON.parse(body).Type });
  const verified = (name, body, more = {}) => add({ name, body, expect: 'verified', secret: 0, ...read(body), ...more });
  const refused = (name, body, expect = 'mismatch', more = {}) => add({ name, body, expect, ...more });
  const good = message();

  await verified('a notification', good);
  await verified('a notification without a subject', message({ Subject: undefined }));
  const first = ['a notification of version 1, signed by SHA-1', message({}, { hash: 'sha1' })];
  await (both ? verified(...first) : refused(...first, 'version'));
  await verified('a subscription to be confirmed', message(CONTROL));
  await verified('the end of a subscription', message({ ...CONTROL, Type: 'UnsubscribeConfirmation' }));
  await verified('the same JSON in one line', JSON.stringify(JSON.parse(good)));
  await verified('a message with emoji, accents and CRLF', message({ Message: 'Tidé 🌊 in,\r\n"tide" 🐚 out\\', Subject: 'é' }));
  await verified('the same in escapes', message({ Message: 'Tidé 🌊' }).replace(/[^\x00-\x7f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`));
  await verified('a message that is JSON', message({ Message: '{"tide":"in"}' }));
  await verified('a message of 30 KB', message({ Message: 'tide '.repeat(6000) }));
  await verified('members that are not signed', message({}, { after: { UnsubscribeURL: 'https://sns.eu-central-1.amazonaws.com/?Action=Unsubscribe', MessageAttributes: { tide: { Type: 'String', Value: 'in' } } } }));
  await verified('the second of two live topics', message({ TopicArn: TOPICS[1] }), { secrets: TOPICS.slice(0, 2), secret: 1 });
  for (const [name, hash, version, expect] of [
    ['signed by SHA-1 and said to be of version 2', 'sha1', '2', 'mismatch'],
    ['signed by SHA-256 and said to be of version 1', 'sha256', '1', both ? 'mismatch' : 'version'],
    ['no version', 'sha256', undefined, 'missing'], ['a version to come', 'sha256', '3', 'version'],
  ]) await refused(name, message({}, { hash, after: { SignatureVersion: version } }), expect);

  await verified('a message of several lines, some like those that are signed', message({ Message: 'High tide\nTopicArn\nx\nType\nNotification\n' }));
  const inside = `High tide\nMessageId\n${ID.replace('2', '3')}\nTimestamp\n${new Date(NOW_S * 1000).toISOString()}\nTopicArn\n${TOPICS[0]}\nType\nNotification`;
  await refused('a topic of somebody else with ours in its message', recut({ TopicArn: TOPICS[2], Message: inside },
    (Message, rest, behind) => ({ Message, MessageId: rest[1], TopicArn: rest[5], Type: `${rest[7]}\n${behind}` })), 'separator');
  await refused('a message with another id in it', recut({ Message: `High tide\nMessageId\n${ID.replace('2', '3')}` },
    (Message, rest) => ({ Message, MessageId: `${rest[1]}\nMessageId\n${ID}` })), 'separator');
  for (const name of ['MessageId', 'Subject', 'Type', 'Timestamp']) {
    await refused(`a line feed in ${name}`, message({ [name]: `${JSON.parse(good)[name]}\n` }), 'separator');
  }

  await refused('a topic of somebody else', message({ TopicArn: TOPICS[2] }), 'foreign');
  await refused('a topic that is no longer ours', message({ TopicArn: TOPICS[1] }), 'foreign');
  await refused('a topic in another case', message({ TopicArn: TOPICS[0].toUpperCase() }), 'foreign');
  await refused('a topic and more', message({ TopicArn: `${TOPICS[0]}-2` }), 'foreign');
  await refused('a topic of somebody else that was changed to ours', message({ TopicArn: TOPICS[2] }, { after: { TopicArn: TOPICS[0] } }));
  for (const [name, value] of Object.entries({ Message: 'Low tide at noon', MessageId: ID.replace('2', '3'), Subject: 'Time', Timestamp: '2025-10-09T08:53:21.000Z', Type: 'UnsubscribeConfirmation' })) {
    await refused(`another ${name}`, message({}, { after: { [name]: value } }));
  }
  await refused('a URL that was put beside a notification', message({}, { after: { SubscribeURL: 'https://evil.example/' } }));
  await refused('a token that was put beside a notification, with a URL', message({}, { after: { SubscribeURL: 'https://evil.example/', Token: 'x' } }));
  await refused('a confirmation whose URL was changed', message(CONTROL, { after: { SubscribeURL: 'https://evil.example/' } }));
  await refused('a notification that was changed to a confirmation', message({}, { after: { ...CONTROL, Message: 'High tide at noon' } }));
  await refused('the subject taken out', message({}, { after: { Subject: undefined } }));
  await refused('a subject without letters put in', message({ Subject: undefined }, { after: { Subject: ' ' } }));
  await refused('members signed in another order', message({}, { keys: [...SIGNED].reverse() }));
  await refused('signed by SHA-512', message({}, { hash: 'sha512' }));
  const value = JSON.parse(good).Signature;
  const signature = (name, text, expect) => refused(name, message({}, { after: { Signature: text } }), expect);
  await signature('half of the signature', value.slice(0, value.length / 2));
  await signature('the signature in hex', Buffer.from(value, 'base64').toString('hex'));
  await signature('no base64 in place of the signature', '!not*a-signature!');
  await signature('one character of the signature changed', `${value[0] === 'a' ? 'b' : 'a'}${value.slice(1)}`);
  await signature('no signature', undefined, 'missing');
  await signature('an empty signature', '', 'missing');
  await signature('a signature that is no text', { value }, 'missing');
  for (const name of ['Message', 'MessageId', 'Timestamp', 'TopicArn', 'Type', 'SigningCertURL']) {
    await refused(`no ${name}`, message({ [name]: undefined }), 'missing');
  }
  await refused('a body that is not JSON to its end', good.slice(0, -1), 'missing');
  await refused('a body that is not UTF-8', NOT_UTF8, 'missing');
  await refused('an empty body', '', 'missing');
  await refused('a message that was delivered raw', 'High tide at noon', 'missing');

  const at = (skew_s, ms = 0) => ({ now_ms: (NOW_S + skew_s) * 1000 + ms });
  await verified('the last second of the tolerance', good, at(7200));
  await verified('the last millisecond of the tolerance', good, at(7200, 999));
  await refused('one second past the tolerance', good, 'stale', at(7201));
  await refused('a day old', good, 'stale', at(86400));
  await verified('as far in the future as tolerated', good, at(-7200));
  await refused('one second too far in the future', good, 'stale', at(-7201));
  await refused('stale and altered is only called altered', message({}, { after: { Message: 'x' } }), 'mismatch', at(7201));
  for (const text of ['1760000000', 'abc', '2025-10-09', '2025-10-09T08:53:20', 'Thu, 09 Oct 2025 08:53:20 GMT']) {
    await refused(`signed with the timestamp ${text}`, message({ Timestamp: text }), 'timestamp_unreadable');
  }

  await addCertificates({
    add, place, known: read(good),
    named: (url, key) => ({ body: message({ SigningCertURL: url }, { key }) }),
    foreign: {
      'in a bucket': 'https://s3.eu-central-1.amazonaws.com/sns/SimpleNotificationService-1.pem',
      'in a bucket that is called like it': 'https://sns.s3.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem',
      'of another name': place('x').replace('SimpleNotificationService', 'SomebodyElse'),
      'that is no certificate by its name': place('x').replace('.pem', '.txt'),
      'with letters escaped': place('x').replace('SimpleN', 'Simple%4E'),
    },
  });
  const china = place('china', 'cn-north-1.amazonaws.com.cn');
  await verified('from China', message({ SigningCertURL: china }), { documents: { [china]: CERTIFICATES.valid } });
  if (unused.size > 0) throw new Error(`${name} has no such cases: ${[...unused]}`);
  return file;
};

export const snsFamily = [sns('aws-sns', true), sns('aws-sns-sha256', false)];
