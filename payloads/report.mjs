// What came out, as text.

const SHOWN = 20;

/** Counts by a name, the most frequent first. */
function counted(names) {
  const counts = new Map();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
}

function table(titles, rows) {
  const all = [titles, ...rows.map((row) => row.map(String))];
  const widths = titles.map((_, at) => Math.max(...all.map((row) => row[at].length)));
  return all.map((row) => row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))).join('  ')).join('\n');
}

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
const kib = (bytes) => (bytes / 1024).toFixed(1);

/** One line of the table: how the deliveries of a source and a half ended. */
function line(name, half, fates) {
  const ended = (...ends) => fates.filter(({ end }) => ends.includes(end)).length;
  const drift = fates.filter(({ end, drift }) => end === 'done' && drift > 0).length;
  const [sizes, results] = [fates.map(({ delivery }) => Buffer.byteLength(delivery.body)), fates.map(({ row }) => Buffer.byteLength(row?.result?.S ?? ''))];
  const types = new Set(fates.map(({ delivery }) => delivery.type)).size;
  const [inn, out] = [fates.length, ended('filtered', 'done', 'superseded', 'dead')];
  return [name, half, types, inn, ended('filtered'), ended('done'), drift, ended('superseded'), ended('dead'), inn - out, kib(sum(sizes)), kib(Math.max(...sizes)), kib(sum(results))];
}

const TITLES = ['source', 'half', 'types', 'in', 'filtered', 'done', 'with drift', 'superseded', 'dead', 'lost', 'KiB in', 'largest', 'KiB stored'];

/** The whole report. */
export function report(fates, letters, places, unsettled) {
  const groups = new Map();
  for (const fate of fates) {
    const { source, half } = fate.delivery;
    const at = JSON.stringify([source.name, half]);
    groups.set(at, [...(groups.get(at) ?? []), fate]);
  }
  const lines = [...groups].map(([at, some]) => line(...JSON.parse(at), some));
  const rules = fates.flatMap(({ end, detail }) => (end === 'dead' ? detail.replace('the payload breaks its contract: ', '').split('; ') : []));
  const told = places.map(({ source, place, seen }) => `${place} (${seen}), ${source}`);
  const top = (title, names) => {
    const all = counted(names);
    const shown = all.slice(0, SHOWN).map(([name, count]) => `${String(count).padStart(6)}  ${name}`);
    return [`\n${title}: ${all.length}`, ...shown, ...(all.length > SHOWN ? [`     …  and ${all.length - SHOWN} more`] : [])].join('\n');
  };
  return [
    table(TITLES, [...lines, line('all', '', fates)]),
    top('attempts that did not settle, by what the log says of them', unsettled.map(({ outcome, detail }) => [outcome, detail].filter(Boolean).join(': '))),
    top('letters by source and reason', letters.map(({ source, reason }) => `${reason}, ${source}`)),
    top('types that died', fates.flatMap(({ end, delivery }) => (end === 'dead' ? [`${delivery.type}, ${delivery.source.name}`] : []))),
    top('rules that they broke', rules),
    top('places of drift, by how many processes of the worker told them', told),
  ].join('\n');
}
