import { readFileSync } from 'node:fs';
import { StartError } from '@gongu/host';
import type { ChatEnv } from '../env.ts';
import { type ContentFilter, createContentFilter } from '../room/filter/content-filter.ts';

/**
 * The filter of what users say; undefined: there is none.
 *
 * @throws StartError where the file of words can't be read
 */
export function createFilter({ CONTENT_FILTER: mode, FILTER_LINKS, FILTER_WORDS }: ChatEnv): ContentFilter | undefined {
  if (mode === 'off') return undefined;
  const links = (FILTER_LINKS ?? '').split(',').map((name) => name.trim());
  return createContentFilter({ mode, links: links.filter(Boolean), words: FILTER_WORDS ? wordsIn(FILTER_WORDS) : [] });
}

/** The words of a file, one a line; empty lines and those that begin with `#` are none. */
function wordsIn(path: string): string[] {
  try {
    const lines = readFileSync(path, 'utf8').split('\n');
    return lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'error';
    throw new StartError(`FILTER_WORDS: ${path} can not be read (${code})`);
  }
}
