import { AIMS, type Aim, meets } from './aims.ts';
import { FIGURES, type Figure } from './figures.ts';
import { show, table, text } from './markdown.ts';
import { keptUp, type Result } from './measure.ts';
import { median } from './median.ts';
import type { Scenario } from './scenarios.ts';
import type { SubjectLabel } from './subject.ts';

/**
 * Chat's figure over a peer's, of each repeat that both have and in which both kept up with what was sent: they were
 * measured next to each other.
 */
export function ratiosOf({ of }: Pick<Figure, 'of'>, chat: Result, peer: Result): number[] {
  return chat.fixed.flatMap((_, repeat) => {
    const runs = [runOf(chat, repeat), runOf(peer, repeat)];
    if (!runs.flat().every(({ steps }) => steps.every(keptUp))) return [];
    const [ours, theirs] = runs.map((run) => of(run));
    return ours && theirs ? [ours / theirs] : []; // none was measured, or too little for a ratio
  });
}

/** Who knows nobody takes those who come back like new ones. */
function runOf({ fixed, returned }: Result, repeat: number) {
  const first = fixed[repeat];
  return first ? [first, returned[repeat] ?? first] : [];
}

/** A table: of each figure that counts its ratio to each peer, and the aim where there is one. Empty without any. */
export function ratioTable(name: string, { kind }: Scenario, results: readonly Result[]): string {
  const chat = results.find(({ subject }) => subject.label === 'chat');
  const aims = AIMS.filter((aim) => aim.scenario === name);
  const rows = (FIGURES[kind] ?? [])
    .filter(({ compared }) => compared)
    .flatMap((figure) => {
      const own = aims.filter((aim) => aim.figure === figure.name);
      const labels = new Set([...results.map(({ subject }) => subject.label), ...own.map(({ to }) => to)]);
      labels.delete('chat');
      return [...labels].map((to) => row({ figure, to, aim: own.find((aim) => aim.to === to), chat, results }));
    });
  return rows.length === 0 ? '' : table(['figure', 'ratio to', 'median (least–greatest)', 'aim', ''], rows);
}

interface RowOptions {
  readonly figure: Figure;
  readonly to: SubjectLabel | null;
  readonly aim: Aim | undefined;
  readonly chat: Result | undefined;
  readonly results: readonly Result[];
}

function row({ figure, to, aim, chat, results }: RowOptions): string[] {
  const peer = to && results.find(({ subject }) => subject.label === to);
  let found: number[] = [];
  if (chat && to === null) found = chat.fixed.flatMap((_, repeat) => figure.of(runOf(chat, repeat)) ?? []);
  else if (chat && peer) found = ratiosOf(figure, chat, peer);
  const shown = show(found, to === null ? figure.digits : 2);
  return [figure.name, to ?? '– (itself)', shown, aim ? boundOf(aim) : '–', aim ? verdictOf(aim, found) : ''];
}

/** An aim's bound as a reader sees it. */
export function boundOf({ bound, value }: Pick<Aim, 'bound' | 'value'>): string {
  return `${bound === 'at least' ? '≥' : '≤'} ${text(value, Number.isInteger(value) ? 0 : 2)}`;
}

/** By the median. */
export function verdictOf(aim: Pick<Aim, 'bound' | 'value'>, found: readonly number[]): string {
  if (found.length === 0) return 'not measured';
  return meets(aim, median(found)) ? 'reached' : 'not reached';
}
