// A sources.toml with a source for each provider, named after it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes the file into a folder. The secrets come in the environment: the live one that each provider's vectors have. */
export function writeSources(folder, roster) {
  const variable = (name) => `TIDEGATE_SECRET_${name.toUpperCase().replaceAll('-', '_')}`;
  const source = ({ name }) => `[${name}]\nprovider = "${name}"\nsecrets = ["env:${variable(name)}"]\n`;
  const file = join(folder, 'sources.toml');
  writeFileSync(file, `# Written by sdks/sources.mjs.\n\n${roster.map(source).join('\n')}`);
  return { file, secrets: Object.fromEntries(roster.map(({ name, kind }) => [variable(name), kind.secrets[0]])) };
}
