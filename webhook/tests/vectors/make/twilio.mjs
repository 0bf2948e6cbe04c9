// Twilio: getExpectedTwilioSignature and validateIncomingRequest of twilio-node, and the vectors of its docs and SDK tests.
import { parse } from 'node:querystring';
import twilioPackage from 'twilio';
import { VectorFile, header, hmac, sha256 } from './case.mjs';
import { NOT_UTF8, NOW_S, addShared } from './shared.mjs';

const { getExpectedBodyHash, getExpectedTwilioSignature, validateIncomingRequest } = twilioPackage;
const SIGNATURE = 'X-Twilio-Signature';
const URL = 'https://hooks.example.com/hooks/twilio';
const FORM = 'application/x-www-form-urlencoded; charset=UTF-8';
const secrets = ['12345', 'an-older-auth-token', 'the-token-of-somebody-else'];
const body = 'MessageSid=SM00000000000000000000000000000001&MessageStatus=delivered&To=%2B15550100&From=%2B15550101&AccountSid=AC0&Body=';
const base = { 'Content-Type': FORM };
const isForm = (request) => /^application\/x-www-form-urlencoded\b/i.test(header(request, 'Content-Type') ?? '');

/** The SDK's whole check, handed what Express with its urlencoded parser would hand it. */
async function accepts(request, token) {
  const express = {
    header: (name) => header(request, name),
    body: isForm(request) ? parse(request.text) : {},
    rawBody: request.bytes,
  };
  return validateIncomingRequest(express, token, { url: request.url });
}

/** What is signed of a form: every pair once, sorted, run together. */
export function runTogether(form) {
  const pairs = new Map([...new URLSearchParams(form)].map((pair) => [JSON.stringify(pair), pair]));
  const order = ([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1);
  return [...pairs.values()].sort(order).flat().join('');
}

/** The signature by hand, for bodies that the SDK cannot take. */
const byHand = (token, url, form) => hmac('sha1', token, url, runTogether(form)).toString('base64');

/** Tidegate's identity: the query and what is signed of the body, because the same pairs can be written in many ways. */
function identity(url, signedBody) {
  const query = url.includes('?') ? url.slice(url.indexOf('?')) : '';
  return { identity: `sha256:${sha256(Buffer.concat([Buffer.from(query), Buffer.from(signedBody)]))}` };
}
const ofForm = (form, url = URL) => identity(url, runTogether(form.toString()));
const ofBytes = (bytes, url) => identity(url, bytes);

export async function twilio() {
  const file = new VectorFile(
    'twilio',
    'twilio 6.2.0 (npm), getExpectedTwilioSignature and getExpectedBodyHash, checked with validateIncomingRequest; the vectors of its docs and tests',
    { secrets: secrets.slice(0, 1), now_ms: NOW_S * 1000, method: 'POST', url: URL },
    accepts,
  );
  const signed = (url, form, token = secrets[0]) => getExpectedTwilioSignature(token, url, parse(form));
  const known = { ...ofForm(body), event_type: 'delivered' };
  const kind = {
    secrets, body, base, signature: SIGNATURE, prefix: '',
    altered: body.replace('delivered', 'delivereD'),
    longer: `${body}x`,
    emoji: 'MessageSid=SM2&Body=Tid%C3%A9+%F0%9F%8C%8A+in%2C%0D%0Atide+%F0%9F%90%9A+out+100%25+%2B+%26&raw=é🐚',
    large: ['Body=tide&', 20480],
    bytesDiffer: null,
    read: (bytes) => (bytes === body ? known : ofForm(bytes)),
    sign: (token, text, _, url = URL) => ({ [SIGNATURE]: signed(url, text, token) }),
    signByHand: (token, bytes) => ({ [SIGNATURE]: byHand(token, URL, bytes.toString()) }),
  };
  file.kind = kind;

  const callForm = 'CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212';
  const callUrl = 'https://mycompany.com/myapp.php?foo=1&bar=2';
  const verified = (name, url, form, signature, more = {}) =>
    file.add({
      name, url, body: form, headers: { ...base, [SIGNATURE]: signature }, expect: 'verified', secret: 0,
      ...kind.read(form), ...(url.includes('?') ? ofForm(form, url) : {}), ...more,
    });
  await verified('the documented example', callUrl, callForm, 'RSOYDt4T1cUTdK1PDd93/VVr8B8=');
  const twice = 'Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234';
  await verified('repeated parameters, as the SDKs test them', callUrl, twice, 'IK+Dwps556ElfBT0I3Rgjkr1wJU=');
  await verified('a host in mixed case, as the SDKs test it', callUrl.replace('mycompany', 'MyCompany'), callForm, 'g9IN/x4Cft2g517EjYvEvM/W7LU=');
  const json = '{"property": "value", "boolean": true}';
  const jsonUrl = `${callUrl}&bodySHA256=${getExpectedBodyHash(json)}`;
  const asJson = { ...ofBytes(json, jsonUrl), headers: { 'Content-Type': 'application/json', [SIGNATURE]: 'a9nBmqA0ju/hNViExpshrM61xv4=' } };
  await verified('a JSON body, as the SDKs test it', jsonUrl, json, '', asJson);
  await addShared(file, kind);

  // Ports: the URL that was configured and the URL that was signed may differ in the default port.
  const ports = [
    ['signed with the default port, configured without', `https://hooks.example.com:443/hooks/twilio`, URL],
    ['signed without a port, configured with the default one', URL, `https://hooks.example.com:443/hooks/twilio`],
    ['plain HTTP, signed with the default port', 'http://hooks.example.com:80/hooks/twilio', 'http://hooks.example.com/hooks/twilio'],
    ['another port, signed with it', 'https://hooks.example.com:8443/hooks/twilio', 'https://hooks.example.com:8443/hooks/twilio'],
    ['another port, signed without it', URL, 'https://hooks.example.com:8443/hooks/twilio'],
    ['a port before a query string', 'https://hooks.example.com:443/?a=https://x:1/', 'https://hooks.example.com/?a=https://x:1/'],
  ];
  for (const [name, signedUrl, url] of ports) await verified(name, url, body, signed(signedUrl, body));

  const odd = `${URL}?name=O'Brien&empty=&plus=a+b&pct=%2f`;
  await verified('a query string is signed to the byte', odd, body, signed(odd, body));
  const mixed = 'b=2&B=1&a=&Aa=x&A=y&_=z&a1=1&MediaUrl=b&MediaUrl=a';
  await verified('names are sorted by their bytes, capitals first', URL, mixed, signed(URL, mixed));
  // What the scheme cannot tell from the original, because it signs decoded pairs, sorted and run together, and
  // not the bytes: whoever captured one request can make these, and all of them must be the same event.
  const sorted = body.split('&').reverse().join('&');
  await verified('the same parameters in another order', URL, sorted, signed(URL, body), known);
  const escaped = body.replace('=delivered', '=%64elivered');
  await verified('the same parameters, escaped otherwise', URL, escaped, signed(URL, body), known);
  await verified('the same parameters, one of them twice', URL, `${body}&AccountSid=AC0`, signed(URL, body), known);
  const regrouped = body.replace('AccountSid=AC0', 'AccountSidA=C0');
  await verified('a letter moved from a value into its name', URL, regrouped, signed(URL, body), known);

  const bare = { body: '', method: 'GET', headers: { [SIGNATURE]: signed(`${URL}?CallSid=CA1&Digits=1`, '') } };
  await verified('a GET request signs its URL alone', `${URL}?CallSid=CA1&Digits=1`, '', '', bare);

  const jsonWith = (name, text, more = {}) => {
    const url = `${URL}?bodySHA256=${getExpectedBodyHash(text)}`;
    const headers = { 'Content-Type': 'application/json', [SIGNATURE]: signed(url, '') };
    return file.add({ name, url, headers, body: text, expect: 'verified', secret: 0, ...ofBytes(text, url), ...more });
  };
  await jsonWith('a JSON body whose hash the URL carries', json);
  await jsonWith('a JSON body that is not UTF-8', NOT_UTF8);
  const hashed = `${URL}?bodySHA256=${getExpectedBodyHash(body)}`;
  await verified('a form whose hash the URL carries is not signed twice', hashed, body, signed(hashed, ''), ofBytes(body, hashed));
  const upper = `${URL}?bodySHA256=${getExpectedBodyHash(json).toUpperCase()}`;
  await file.add({
    name: 'a body hash in upper-case hex', url: upper, body: json, expect: 'verified', secret: 0, ...ofBytes(json, upper),
    headers: { 'Content-Type': 'application/json', [SIGNATURE]: signed(upper, '') },
    sdk_differs: 'the SDK compares text; hex has no case',
  });
  await verified('a signature without its padding', URL, body, signed(URL, body).replace(/=+$/, ''), {
    sdk_differs: 'the SDK compares text; the bytes are the same',
  });

  const good = { ...base, [SIGNATURE]: signed(URL, body) };
  const refused = (name, expect, more = {}) => file.add({ name, headers: good, body, expect, ...more });
  await refused('a parameter added', 'mismatch', { body: `${body}&Extra=1` });
  await refused('a parameter taken away', 'mismatch', { body: body.replace('&AccountSid=AC0', '') });
  await refused('an empty parameter taken away', 'mismatch', { body: body.replace('&Body=', '') });
  await refused('another path', 'mismatch', { url: `${URL}/other` });
  await refused('another host', 'mismatch', { url: 'https://hooks.example.org/hooks/twilio' });
  await refused('another protocol', 'mismatch', { url: URL.replace('https', 'http') });
  await refused('a query string that was not signed', 'mismatch', { url: `${URL}?a=1` });
  await refused('another port than the default one was signed', 'mismatch', {
    headers: { ...base, [SIGNATURE]: signed('https://hooks.example.com:8443/hooks/twilio', body) },
  });
  await refused('two signatures, joined as if the header were a list', 'mismatch', {
    headers: { ...base, [SIGNATURE]: `${good[SIGNATURE]},${good[SIGNATURE]}` },
  });
  const sha256Tag = hmac('sha256', secrets[0], URL, body).toString('base64');
  await refused('a SHA-256 tag', 'mismatch', { made_by: 'node:crypto', headers: { ...base, [SIGNATURE]: sha256Tag } });
  const jsonHeaders = (url) => ({ 'Content-Type': 'application/json', [SIGNATURE]: signed(url, '') });
  await refused('a JSON body whose hash the URL does not carry', 'missing', {
    body: json, headers: jsonHeaders(URL), sdk_differs: 'the SDK lets a body in that nothing signs',
  });
  await refused('a body without a content type or a hash', 'missing', {
    headers: { [SIGNATURE]: signed(URL, '') }, sdk_differs: 'the SDK lets a body in that nothing signs',
  });
  const otherHash = `${URL}?bodySHA256=${getExpectedBodyHash('{"property": "another"}')}`;
  await refused('the hash of another body', 'body_hash', { url: otherHash, body: json, headers: jsonHeaders(otherHash) });
  const noHash = `${URL}?bodySHA256=xyz`;
  await refused('a body hash that is not hex', 'body_hash', { url: noHash, body: json, headers: jsonHeaders(noHash) });
  const right = `${URL}?bodySHA256=${getExpectedBodyHash(json)}`;
  await refused('the right body hash in a URL that was not signed', 'mismatch', { url: right, body: json, headers: jsonHeaders(URL) });
  return file;
}
