/** The line that says why PostgreSQL or `initdb` gave up: the last fatal one, else the last error, else the last. */
export function reasonIn(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const said = (pattern: RegExp) => lines.map((line) => pattern.exec(line)?.[1]).findLast((text) => text !== undefined);
  return said(/(?:FATAL|PANIC):\s+(.*)/) ?? said(/error:\s+(.*)/i) ?? lines.at(-1) ?? 'it gave no reason';
}
