// What became of each delivery, held against what must have.
import { isDeepStrictEqual } from 'node:util';
import { ruleOf } from './rules.mjs';
import { SETTLED } from './watched.mjs';

/** How one of five megabytes may die. */
const LARGE = ['contract_violated', 'filter_failed', 'map_failed', 'result_too_large'];

/** The fate of each delivery, and complaints about those that it must not have. */
export function judge(all, rules, { statuses, ended, items, letters }) {
  const complaints = [];
  const rows = new Map(items.filter(({ sk }) => sk.S === 'table').map((item) => [item.pk.S, item]));
  const entities = new Map(items.filter(({ sk }) => sk.S === 'entity').map((item) => [item.pk.S, item]));
  const dead = new Map(letters.map((letter) => [`${letter.source}#${letter.identity}`, letter]));
  const fates = all.map((delivery) => {
    const { key } = delivery;
    const wrong = (text) => complaints.push(`${key} (${delivery.type}): ${text}`);
    const [row, letter, lines] = [rows.get(key), dead.get(key), ended.get(key) ?? []];
    rows.delete(key);
    dead.delete(key);
    if (statuses.get(key) !== 200) wrong(`answered ${statuses.get(key)}, expected 200`);
    // On a busy machine an invocation may be cut off, before it settles or before it says so, and another one begins: no
    // event has two lines that say that a row was written.
    const settled = lines.filter(({ outcome }) => SETTLED.includes(outcome));
    const written = settled.filter(({ outcome }) => outcome !== 'filtered');
    if (written.length > 1) wrong(`settled ${written.length} times by the worker's log, expected once`);
    const fate = { delivery, drift: settled[0]?.drift ?? 0, row, letter, ...became(row, settled[0]) };
    expect(fate, ruleOf(rules, delivery.source), wrong);
    return fate;
  });
  for (const key of [...rows.keys(), ...dead.keys()]) complaints.push(`${key} has a row or a letter, and nothing that was posted has this key`);
  const newest = order(fates, rules, complaints);
  if (entities.size !== newest) complaints.push(`${entities.size} rows of entities, expected ${newest}`);
  return { fates, complaints };
}

/** Done, superseded or dead by its row; filtered by the log, because that leaves no row. */
function became(row, line) {
  if (row?.superseded?.BOOL) return { end: 'superseded' };
  if (row) return { end: row.status.S, reason: row.reason?.S, detail: row.detail?.S };
  return { end: line?.outcome === 'filtered' ? 'filtered' : 'lost' };
}

function expect({ delivery, end, reason, drift, row, letter }, rule, wrong) {
  const { payload, half } = delivery;
  if (rule.wanted(payload) !== (end !== 'filtered')) return wrong(`${end}, and the filter ${rule.wanted(payload) ? 'wants' : 'does not want'} it`);
  if ((end === 'dead') !== Boolean(letter)) wrong(`${end}, and ${letter ? 'a' : 'no'} letter in the queue`);
  if (letter && letter.reason !== reason) wrong(`a letter of ${letter.reason}, and a row of ${reason}`);
  if (!SETTLED.includes(end)) wrong(`it is ${end}`);
  if (['first', 'none'].includes(half) && (end === 'dead' || drift > 0)) wrong(`${end} with drift in ${drift} places, and its contract was inferred from it`);
  const reasons = half === 'large' ? LARGE : ['contract_violated'];
  if (end === 'dead' && !reasons.includes(reason)) wrong(`dead of ${reason}, expected ${reasons.join(' or ')}`);
  if (end === 'superseded' && row.result) wrong('it has a result, and a newer one was applied before it');
  if (end === 'done' && !isDeepStrictEqual(JSON.parse(row.result.S), rule.mapped(payload))) wrong('its result is not what the map makes of it');
}

/** Of an entity's events the newest are done, and only older ones are superseded. Returns how many entities there are. */
function order(fates, rules, complaints) {
  const newest = new Map();
  const placed = fates.flatMap((fate) => {
    const place = fate.end === 'filtered' ? undefined : ruleOf(rules, fate.delivery.source).placed?.(fate.delivery.payload);
    return place ? [{ fate, ...place }] : [];
  });
  for (const { entity, order } of placed) if (!(newest.get(entity) >= order)) newest.set(entity, order);
  for (const { fate, entity, order } of placed) {
    if (order === newest.get(entity) && fate.end !== 'done') complaints.push(`${fate.delivery.key} is the newest of ${entity}, and ${fate.end}`);
  }
  return newest.size;
}
