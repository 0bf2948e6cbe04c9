// What came out, as a table.

const TITLES = ['provider', 'SDK', 'genuine', 'became', 'refused', 'by its SDK', 'which lets in'];

/** A line for each provider. */
export function table(rows) {
  const cells = rows.map(({ name, sdk, status, became, right, all, judges, strict, lets_in }) => [
    name, sdk, `${status}`, became, `${right}/${all}`, judges ? `${strict}/${all}` : '-', lets_in.join(', '),
  ]);
  const widths = TITLES.map((title, at) => Math.max(...[TITLES, ...cells].map((row) => row[at].length)));
  const line = (row) => row.map((cell, at) => cell.padEnd(widths[at])).join('  ').trimEnd();
  return [line(TITLES), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join('\n');
}
