import { codePoints, errorEvent, hasForbiddenCharacters } from '@gongu/shared';
import type { Step } from '../../protocol/codec.ts';

/** Objects and arrays inside each other. Deeper ones end in a stack overflow somewhere on their way to the disk. */
const DEPTH_MAX = 32;
/** NUL or half of a surrogate pair, as JSON writes them: PostgreSQL stores neither. */
const FORBIDDEN = /(?:^|[^\\])(?:\\\\)*\\u(?:0000|d[89a-f])/;

/**
 * Any JSON as what a message holds: a text as its `content`, anything else as `data`, with its JSON as `content`. Else
 * the step that says why not.
 */
export function storedData(data: unknown, contentChars: number): { content: string; data?: unknown } | Step {
  const any = data ?? null;
  // SQL has one NULL where JSON has two; `shown` knows this text.
  if (any === null) return { content: 'null' };
  if (typeof any === 'string') {
    if (any === '') return refused('must not be empty');
    if (hasForbiddenCharacters(any)) return refused('must not contain NUL or a lone surrogate');
    return fits(any, contentChars) ? { content: any } : tooLong(contentChars);
  }
  if (isDeeper(any, DEPTH_MAX)) return refused(`must not be nested deeper than ${DEPTH_MAX}`);
  const content = JSON.stringify(any);
  if (FORBIDDEN.test(content)) return refused('must not contain NUL or a lone surrogate');
  return fits(content, contentChars) ? { content, data: any } : tooLong(contentChars);
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((each) => isDeeper(each, levels - 1));
}

function fits(content: string, chars: number): boolean {
  return content.length <= chars || codePoints(content) <= chars;
}

function tooLong(chars: number): Step {
  return refused(`must have at most ${chars} characters, as JSON if it is no text`);
}

function refused(message: string): Step {
  const errors = [{ path: 'data', message }];
  return { kind: 'refused', error: errorEvent('VALIDATION_FAILED', 'The frame is not valid', { errors }) };
}
