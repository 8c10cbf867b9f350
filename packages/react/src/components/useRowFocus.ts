import { type FocusEvent, type KeyboardEvent, type RefObject, useCallback, useEffect, useRef } from 'react';

export interface RowFocusOptions {
  readonly rows: readonly { readonly key: string }[];
  readonly scrollerRef: RefObject<HTMLElement | null>;
  /** Last row in sight. */
  readonly lastVisibleIndex: number;
  readonly hasNewer: boolean;
  readonly toEnd: () => Promise<void>;
  /** The row that has the focus, or within which it is; null: the focus is elsewhere. */
  readonly activeKey: string | null;
  readonly setActiveKey: (key: string | null) => void;
}

const END = Symbol('the last row');

/**
 * One tab stop for a list of any length: the row that has the focus, else the last one in sight, and what is in it. Arrow
 * keys, Home and End lead from row to row.
 */
export function useRowFocus(options: RowFocusOptions) {
  const { rows, scrollerRef, lastVisibleIndex, hasNewer, toEnd, activeKey, setActiveKey } = options;
  const activeIndex = activeKey === null ? -1 : rows.findIndex(({ key }) => key === activeKey);
  const stopIndex = activeIndex >= 0 ? activeIndex : Math.min(Math.max(lastVisibleIndex, 0), rows.length - 1);

  // The row to go to may come into the page with a later rendering.
  const wanted = useRef<string | typeof END | null>(null);
  const staysPut = useRef(false);
  useEffect(() => {
    if (wanted.current === null || (wanted.current === END && hasNewer)) return;
    const index = wanted.current === END ? rows.length - 1 : rows.findIndex(({ key }) => key === wanted.current);
    const element = scrollerRef.current?.querySelector<HTMLElement>(`[data-index="${index}"]`);
    if (!element) return;
    if (wanted.current !== END && !staysPut.current) element.scrollIntoView({ block: 'nearest' });
    wanted.current = null;
    element.focus({ preventScroll: true });
  });

  function goTo(index: number): void {
    const key = rows[index]?.key;
    if (key === undefined) return;
    wanted.current = key;
    staysPut.current = false;
    setActiveKey(key);
  }

  const focusKey = useCallback(
    (key: string) => {
      wanted.current = key;
      staysPut.current = true;
      setActiveKey(key);
    },
    [setActiveKey],
  );

  return {
    stopKey: rows[stopIndex]?.key ?? null,

    /** Gives a row the focus where it is: somebody else scrolls to it. */
    focusKey,

    onKeyDown(event: KeyboardEvent): void {
      if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      switch (event.key) {
        case 'ArrowUp':
          // Where no row has the focus yet, that is the way to the first one.
          goTo(activeIndex < 0 ? stopIndex : Math.max(0, activeIndex - 1));
          break;
        case 'ArrowDown':
          goTo(activeIndex < 0 ? stopIndex : Math.min(rows.length - 1, activeIndex + 1));
          break;
        case 'Home':
          goTo(0);
          break;
        case 'End':
          wanted.current = END;
          void toEnd().then(() => setActiveKey(null));
          break;
        default:
          return;
      }
      event.preventDefault();
    },

    onFocus({ target }: FocusEvent): void {
      const row = target.closest<HTMLElement>('[data-index]');
      setActiveKey(rows[Number(row?.dataset.index)]?.key ?? null);
    },

    onBlur({ relatedTarget }: FocusEvent): void {
      if (!scrollerRef.current?.contains(relatedTarget)) setActiveKey(null);
    },
  };
}
