import { type RefObject, useCallback, useEffect, useRef } from 'react';
import { readKept, writeKept } from './kept.ts';

export interface DraftOptions {
  /** Of the person and the room; null: not known yet, or nothing is to be kept longer than the field. */
  readonly key: string | null;
  /** What is being written: a message (empty), or which edit. Each has a text of its own. */
  readonly slot: string;
  /** The text of a slot in which nothing was written. */
  readonly initial: string;
  /** Whom that mentions. */
  readonly mentioned: readonly string[];
  /** Called when another text is in the field. */
  readonly restored: { readonly current: () => unknown };
}

/** What was written and not sent, kept for this tab: over other pages and a reload. */
export function useDraft(field: RefObject<HTMLTextAreaElement | null>, options: DraftOptions) {
  const { key, slot, initial, mentioned, restored } = options;
  const texts = useRef(new Map<string, string>());
  const shown = useRef(slot);
  const latestInitial = useRef(initial);
  latestInitial.current = initial;

  const write = useCallback(
    (text: string) => {
      texts.current.set(slot, text);
      if (key !== null) writeKept('draft', key + slot, text);
      // With the text goes whom it mentions.
      if (text !== '') return;
      people.current.delete(slot);
      if (key !== null) writeKept('mentions', key + slot, '');
    },
    [key, slot],
  );
  /** Who was chosen, by the slot. */
  const people = useRef(new Map<string, readonly string[]>());
  const chosen = useCallback((): readonly string[] => {
    const kept = key === null ? '' : readKept('mentions', key + slot);
    return people.current.get(slot) ?? (kept === '' ? [] : kept.split('\n'));
  }, [key, slot]);
  useEffect(() => {
    const element = field.current;
    if (!element) return;
    const isOther = shown.current !== slot;
    shown.current = slot;
    // What he has written before it was known who he is comes first.
    if (!isOther && element.value !== '') return write(element.value);
    const kept = texts.current.get(slot) ?? (key === null ? '' : readKept('draft', key + slot));
    element.value = kept || latestInitial.current;
    if (isOther || element.value !== '') restored.current();
  }, [field, key, slot, restored, write]);

  return {
    /** Who was chosen to be mentioned, besides those of whom that was so before. */
    chosen: () => [...new Set([...mentioned, ...chosen()])],
    choose: useCallback(
      (userId: string) => {
        const all = [...chosen(), userId];
        people.current.set(slot, all);
        if (key !== null) writeKept('mentions', key + slot, all.join('\n'));
      },
      [chosen, key, slot],
    ),
    /** To be called when the field's text has changed. */
    keep: useCallback(() => write(field.current?.value ?? ''), [field, write]),
    /** To be called when the slot is done with; its text stays in the field until there is another slot. */
    forget: useCallback(() => write(''), [write]),
  };
}
