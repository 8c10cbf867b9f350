import type { LogLine } from '@gongu/testkit';
import { readable } from '../supervise/log-line.ts';
import type { Terminal } from '../supervise/terminal.ts';

export interface WarningsOptions {
  readonly terminal: Terminal;
  /** @default 40 */
  readonly most?: number;
}

/** Warnings of the services for the person who reads along; the first so many, since an outage may bring thousands. */
export function createWarnings({ terminal, most = 40 }: WarningsOptions) {
  let shown = 0;
  /** @param name whose log it is */
  return (name: string) => (line: LogLine) => {
    const text = readable(name, JSON.stringify(line));
    if (text === null || shown > most) return;
    shown += 1;
    terminal.say(shown > most ? '         (further warnings of the services are not shown)' : `         ${text}`);
  };
}
