// The file format: collects one provider's cases and asks the provider's own SDK about each of them.
import { createHash, createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const sha256 = (body) => createHash('sha256').update(body).digest('hex');
export const hmac = (hash, key, ...pieces) => {
  const mac = createHmac(hash, key);
  pieces.forEach((piece) => mac.update(piece));
  return mac.digest();
};

/** The value of a header, whatever the case of its name. */
export const header = (request, name) =>
  Object.entries(request.headers).find(([n]) => n.toLowerCase() === name.toLowerCase())?.[1];

export class VectorFile {
  /**
   * `sdkAccepts(request, secret)` is the SDK's verifier; one that throws refuses. Without one nobody judges.
   * A request is a case with `text` and `bytes`, its body in both forms.
   */
  constructor(provider, madeBy, defaults, sdkAccepts) {
    this.provider = provider;
    this.madeBy = madeBy;
    this.defaults = defaults;
    this.sdkAccepts = sdkAccepts;
    this.cases = [];
    /** How the provider signs, for whoever signs at another time than the cases: see shared.mjs. */
    this.kind = undefined;
  }

  async add(given) {
    const one = { ...this.defaults, ...given };
    const body = one.body_repeat ? one.body_repeat[0].repeat(one.body_repeat[1]) : one.body;
    const bytes = Buffer.from(body);
    const request = { ...one, bytes, text: bytes.toString('utf8') };

    let accepted = false;
    for (const secret of this.sdkAccepts ? one.secrets : []) {
      accepted ||= await new Promise((judged) => judged(this.sdkAccepts(request, secret))).catch(() => false);
    }
    if (this.sdkAccepts && (accepted === (one.expect === 'verified')) === Boolean(one.sdk_differs)) {
      throw new Error(`${this.provider}, "${one.name}": the SDK ${accepted ? 'accepts' : 'refuses'} it, expected is ` +
        `"${one.expect}", and sdk_differs is ${one.sdk_differs ? 'set' : 'not set'}`);
    }
    if (this.cases.some(({ name }) => name === one.name)) throw new Error(`two cases "${one.name}"`);
    this.cases.push(written(one));
  }

  text() {
    const head = `  "provider": "${this.provider}",\n  "made_by": ${JSON.stringify(this.madeBy)},\n`;
    return `{\n${head}  "cases": [\n${this.cases.map(lines).join(',\n')}\n  ]\n}\n`;
  }

  write(directory) {
    writeFileSync(join(directory, `${this.provider}.json`), this.text());
    console.log(`${this.provider}: ${this.cases.length} cases`);
  }
}

/** The case as it stands in the file: keys in reading order, the body in the shortest form that keeps its bytes. */
function written(one) {
  const { name, made_by, sdk_differs, secrets, now_ms, method, url, headers, expect } = one;
  const { secret, identity, event_type, documents } = one;
  let body = { body: one.body };
  if (one.body_repeat) body = { body_repeat: one.body_repeat };
  else if (Buffer.isBuffer(one.body)) body = { body_base64: one.body.toString('base64') };
  return { name, made_by, sdk_differs, secrets, documents, now_ms, method, url, headers, ...body, expect, secret, identity, event_type };
}

/** One line for each key: short enough to read, and a changed signature is a changed line. */
function lines(one) {
  const pairs = Object.entries(one).filter(([, value]) => value !== undefined);
  return `    {\n${pairs.map(([key, value]) => `      "${key}": ${JSON.stringify(value)}`).join(',\n')}\n    }`;
}
