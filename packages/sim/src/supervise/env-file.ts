import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { StartError } from '@gongu/host';

const ASSIGNMENT = /^\s*(?:export\s+)?[A-Za-z_][A-Za-z0-9_]*\s*=[ \t]*(.*)$/;
const NOTHING = /^\s*(?:#.*)?$/;

/**
 * Variables of a `.env` file; none when there is no such file. Node parses it; but Node passes over what it can't
 * read, and a passed-over secret or URL would be missed much later, so every line is checked first.
 *
 * @throws StartError naming the first line that is broken. Never its content: it may be a secret.
 */
export function readEnvFile(file: string): Record<string, string> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return {};
    throw new StartError(`${file} can not be read: ${message}`, { cause: error });
  }
  const text = decode(bytes, file);
  const problem = findProblem(text.split(/\r?\n/));
  if (problem) throw new StartError(`${file}, line ${problem.line}: ${problem.message}`);
  return parseEnv(text) as Record<string, string>;
}

function decode(bytes: Buffer, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes); // drops a byte order mark
  } catch (cause) {
    throw new StartError(`${file} is not UTF-8 text`, { cause });
  }
}

function findProblem(lines: readonly string[]): { line: number; message: string } | undefined {
  for (let index = 0; index < lines.length; index++) {
    const line = index + 1;
    const text = lines[index]!;
    if (text.includes('\0')) return { line, message: 'holds a NUL character' };
    if (NOTHING.test(text)) continue;
    const value = ASSIGNMENT.exec(text)?.[1];
    if (value === undefined) return { line, message: 'is not of the form NAME=value' };
    const quote = value[0];
    if (quote !== '"' && quote !== "'" && quote !== '`') continue;
    // A quoted value may go over several lines; there are no escapes, so the next such quote ends it.
    let rest = value.slice(1);
    while (!rest.includes(quote)) {
      index++;
      if (index >= lines.length) return { line, message: `the quote ${quote} is never closed` };
      rest = lines[index]!;
    }
    if (!NOTHING.test(rest.slice(rest.indexOf(quote) + 1))) {
      return { line: index + 1, message: `there is something after the closing quote ${quote}` };
    }
  }
  return undefined;
}
