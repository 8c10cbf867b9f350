import { type RefObject, useCallback, useEffect } from 'react';

const PREFIX = 'gongu.draft.';

/**
 * What was written and not sent, kept for this tab: over other pages and a reload.
 *
 * @param key of the person and the room; null: not known yet, or nothing is to be kept
 * @param restored called when what was kept is in the field again
 * @returns to be called when the field's text has changed
 */
export function useDraft(
  field: RefObject<HTMLTextAreaElement | null>,
  key: string | null,
  restored: { readonly current: () => unknown },
): () => void {
  useEffect(() => {
    const element = field.current;
    if (!element || key === null) return;
    // What he has written before it was known who he is comes first.
    if (element.value !== '') return write(key, element.value);
    element.value = read(key);
    if (element.value !== '') restored.current();
  }, [field, key, restored]);
  return useCallback(() => {
    if (key !== null) write(key, field.current?.value ?? '');
  }, [field, key]);
}

function read(key: string): string {
  try {
    return sessionStorage.getItem(PREFIX + key) ?? '';
  } catch {
    // Blocked, as cookies may be.
    return '';
  }
}

function write(key: string, text: string): void {
  try {
    if (text === '') sessionStorage.removeItem(PREFIX + key);
    else sessionStorage.setItem(PREFIX + key, text);
  } catch {
    // Blocked or full: then it lasts as long as the field.
  }
}
