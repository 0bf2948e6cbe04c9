// The providers that have an SDK, from the scripts that make the vectors.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { providers } from '../webhook/tests/vectors/make/make.mjs';

/**
 * Makes every file of vectors again. Those that an SDK had a part in are the roster, each with what the files say of how
 * its provider signs; `differing` names the files in the folder that are not what was made, and `elsewhere` the providers
 * whose public keys the door would fetch from them.
 */
export async function withSdk(folder) {
  const pins = installed();
  const [roster, differing, elsewhere] = [[], [], []];
  for (const provider of providers) {
    const file = await provider();
    const name = file.provider;
    if (file.text() !== readFileSync(join(folder, `${name}.json`), 'utf8')) differing.push(name);
    const sdk = sdkOf(file, pins);
    if (sdk && file.defaults.documents) elsewhere.push(name);
    else if (sdk && file.kind) roster.push({ name, sdk, kind: file.kind, accepts: file.sdkAccepts });
  }
  roster.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { roster, differing, elsewhere };
}

/** The packages that are installed, each with its version. */
function installed() {
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
  const python = readFileSync('requirements.txt', 'utf8').trim().split('\n').map((line) => line.split('=='));
  return new Map([...Object.entries(dependencies), ...python]);
}

/** The SDK that a file says it was made with, where it is installed: others were only read. */
function sdkOf({ provider, madeBy }, pins) {
  const named = [...madeBy.matchAll(/(\S+) (\S+) \((?:npm|PyPI)\)/g)].find(([, name]) => pins.has(name));
  if (!named) return undefined;
  const [, name, version] = named;
  if (pins.get(name) !== version) throw new Error(`${provider}: made_by says ${name} ${version}, installed is ${pins.get(name)}`);
  return `${name} ${version}`;
}
