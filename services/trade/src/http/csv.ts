/** Before all of it: programs that make tables of it take it for UTF-8 then. */
export const CSV_START = '\uFEFF';

/**
 * A line of CSV (RFC 4180) with its end. What a table program would take for a formula gets an apostrophe before it, which
 * makes a text of it: a cell that begins with = + - @, a tab or a carriage return, in their full width too.
 */
export function csvLine(cells: readonly (string | number | null | undefined)[]): string {
  return `${cells.map(cellOf).join(',')}\r\n`;
}

function cellOf(value: string | number | null | undefined): string {
  if (typeof value === 'number') return String(value);
  const text = value ?? '';
  const harmless = /^[=+\-@\t\r＝＋－＠]/.test(text) ? `'${text}` : text;
  return /[",\r\n']/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
