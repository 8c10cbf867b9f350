import type { LogLine } from '@gongu/testkit';
import { readable } from '../start/log-line.ts';
import type { Terminal } from '../start/terminal.ts';

/** Warnings of the services for the person who reads along; the first so many, since an outage may bring thousands. */
export function createVoices({ terminal, most = 40 }: { terminal: Terminal; most?: number }) {
  let said = 0;
  return (name: string) => (line: LogLine) => {
    const text = readable(name, JSON.stringify(line));
    if (text === null || said > most) return;
    said += 1;
    terminal.say(said > most ? '         (further warnings of the services are not shown)' : `         ${text}`);
  };
}
