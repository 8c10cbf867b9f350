import { median } from './median.ts';

/** A number with its thousands apart. */
export function text(value: number, digits = 0): string {
  return value.toFixed(digits).replace(/\B(?=(\d{3})+(?!\d)(?<!\.\d*))/g, ' ');
}

/** Median, with the least and the greatest where there are several. */
export function show(values: readonly number[], digits = 0): string {
  if (values.length === 0) return '–';
  const middle = text(median(values), digits);
  if (values.length === 1) return middle;
  return `${middle} (${text(Math.min(...values), digits)}–${text(Math.max(...values), digits)})`;
}

/** A table of Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
