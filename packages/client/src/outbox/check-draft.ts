import { codePoints } from '@gongu/shared';
import { type ChatError, chatError } from '../chat-error.ts';
import type { Draft, StoredDraft } from './outgoing.ts';

/** What the server would refuse in a draft, found before it is sent; null when nothing is. */
export function checkDraft(
  { content, attachments, uploads, files }: Draft & Pick<StoredDraft, 'files'>,
  contentChars: number,
): ChatError | null {
  const why =
    content === '' && !attachments?.length && !uploads?.length && !files?.length
      ? 'must not be empty'
      : codePoints(content) > contentChars
        ? `must have at most ${contentChars} characters`
        : content.includes('\0') || /\p{Surrogate}/u.test(content)
          ? 'must not contain NUL or a lone surrogate'
          : null;
  if (why === null) return null;
  return chatError('VALIDATION_FAILED', `The text ${why}`, { errors: [{ path: 'content', message: why }] });
}
