import { FIGURES, type Figure } from '../figures.ts';
import { table, text } from '../markdown.ts';
import type { Scenario } from '../scenarios.ts';
import type { Pairs } from './pairs.ts';
import { medianOfRatios, verdict } from './ratio.ts';

/** A section of the report: both sides' medians, the median of ratios, its interval and what it says. */
export function comparison(name: string, { title, kind }: Scenario, { pairs, failures }: Pairs): string {
  const rows = FIGURES[kind]!.map((figure) => row(figure, pairs));
  const head = ['figure', 'better', 'that', 'this', 'this / that', '90 % interval', 'pairs', ''];
  const failed = failures.map((failure) => `- failed: ${failure}\n`).join('');
  return `### ${name}: ${title}\n\n${table(head, rows)}\n${failed && `\n${failed}`}`;
}

function row(figure: Figure, pairs: Pairs['pairs']): string[] {
  const both = pairs.flatMap((pair) => {
    const [that, here] = [pair.that && figure.of(pair.that), pair.this && figure.of(pair.this)];
    return that && here ? [{ that, here, ratio: here / that }] : []; // none was measured, or too little for a ratio
  });
  const name = [figure.name, figure.better];
  if (both.length === 0) return [...name, '–', '–', '–', '–', '0', 'inconclusive'];
  const middle = (values: number[]) => text(medianOfRatios(values).median, figure.digits);
  const found = medianOfRatios(both.map(({ ratio }) => ratio));
  return [
    ...name,
    middle(both.map(({ that }) => that)),
    middle(both.map(({ here }) => here)),
    found.median.toFixed(3),
    found.interval?.map((end) => end.toFixed(3)).join('–') ?? '–',
    String(both.length),
    verdict(found, figure.better),
  ];
}
