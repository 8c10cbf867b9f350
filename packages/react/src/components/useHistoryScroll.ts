import {
  defaultRangeExtractor,
  observeElementRect,
  type Range,
  type Rect,
  useVirtualizer,
  type VirtualItem,
  type Virtualizer,
} from '@tanstack/react-virtual';
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore } from 'react';

/** What a row must tell for scrolling. */
export interface ScrollRow {
  /** Of a row, whatever comes before or after it: the place of the reader is kept by it. */
  readonly key: string;
  /** Of a message: its number. */
  readonly seq: number | null;
}

export interface HistoryScrollOptions {
  readonly rows: readonly ScrollRow[];
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
  /** Called near the top and near the bottom; not again before it has resolved. */
  readonly loadOlder: () => Promise<{ readonly ok: boolean }>;
  readonly loadNewer: () => Promise<{ readonly ok: boolean }>;
  /** Called with the number of the last message that is in sight of somebody. */
  readonly onSeen?: (seq: number) => void;
  /** The row at which to begin; null: at the end. Read when the first rows are there. */
  readonly startKey?: string | null;
  /** About the height of a row that was never shown, pixels. Default 56. */
  readonly estimatePx?: number;
}

export interface HistoryScroll {
  /** Goes to the element that scrolls. */
  readonly scrollerRef: RefObject<HTMLElement | null>;
  /** Height of the element within it, pixels; rows are absolute there. */
  readonly totalPx: number;
  /** Rows to render: `rows[item.index]` at `translateY(item.start)`. */
  readonly items: readonly VirtualItem[];
  /** Goes to each row's element, which has `data-index`. */
  readonly measureRef: (element: Element | null) => void;
  readonly isAtEnd: boolean;
  /** Newest message that was in sight while the reader was at the end; what is newer is new to him. */
  readonly seenSeq: number;
  scrollToEnd(): void;
  /** Shows the row of that key. Nothing happens where there is none. */
  scrollToKey(key: string): void;
}

/** Rows up to which all are rendered: the browser's own search finds them, and screen readers read on without a pause. */
const ALL_MAX = 300;
/** Rows beyond sight that are rendered all the same. */
const OVERSCAN = 12;
/** Pixels from either end at which more is loaded: about two screens of a telephone. */
const LOAD_PX = 1_200;
/** Pixels from the end that still count as at the end. */
const END_PX = 80;
/** Milliseconds between a page that failed and the next try. */
const PAUSE_MS = 3_000;

/**
 * The scrolling of a conversation: starts at the end or at a row, stays at the end while new messages come, keeps the
 * reader's place to the pixel when older pages come above him, loads them in time, and renders only what is near once there
 * are more than a few hundred rows.
 */
export function useHistoryScroll(options: HistoryScrollOptions): HistoryScroll {
  const { rows, hasOlder, hasNewer, loadOlder, loadNewer, onSeen, startKey = null, estimatePx = 56 } = options;
  const scrollerRef = useRef<HTMLElement>(null);
  const isVisible = useVisibility();
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scrollerRef.current,
    estimateSize: () => estimatePx,
    getItemKey: useCallback((index: number) => rows[index]?.key ?? index, [rows]),
    anchorTo: 'end',
    followOnAppend: !hasNewer,
    scrollEndThreshold: END_PX,
    overscan: OVERSCAN,
    rangeExtractor: rows.length <= ALL_MAX ? allOf : defaultRangeExtractor,
    observeElementRect: keepEnd,
  });

  // Where to begin, once there is something.
  const hasBegun = useRef(false);
  const isEmpty = rows.length === 0;
  useLayoutEffect(() => {
    if (isEmpty || hasBegun.current) return;
    hasBegun.current = true;
    const at = startKey === null ? -1 : rows.findIndex(({ key }) => key === startKey);
    if (at < 0) virtualizer.scrollToEnd();
    else virtualizer.scrollToIndex(at, { align: 'start' });
  });

  const scrollPx = virtualizer.scrollOffset ?? 0;
  const isReady = hasBegun.current && virtualizer.scrollRect !== null && virtualizer.scrollRect.height > 0;
  const isAtEnd = !hasNewer && (!isReady || virtualizer.isAtEnd(END_PX));
  usePages(isReady && hasOlder && scrollPx < LOAD_PX, loadOlder);
  usePages(isReady && hasNewer && virtualizer.getDistanceFromEnd() < LOAD_PX, loadNewer);

  // What somebody sees.
  const lastVisible = virtualizer.range?.endIndex ?? -1;
  const lastSeq = isReady && isVisible ? seqUpTo(rows, isAtEnd ? rows.length - 1 : lastVisible) : 0;
  useEffect(() => {
    if (lastSeq > 0) onSeen?.(lastSeq);
  }, [lastSeq, onSeen]);
  const [seenSeq, setSeenSeq] = useState(0);
  const newest = seqUpTo(rows, rows.length - 1);
  if ((isAtEnd && isVisible) || seenSeq === 0) {
    if (newest > seenSeq) setSeenSeq(newest);
  }

  return {
    scrollerRef,
    totalPx: virtualizer.getTotalSize(),
    items: virtualizer.getVirtualItems(),
    measureRef: virtualizer.measureElement,
    isAtEnd,
    seenSeq,
    scrollToEnd: () => virtualizer.scrollToEnd(),
    scrollToKey(key) {
      const at = rows.findIndex((row) => row.key === key);
      if (at >= 0) virtualizer.scrollToIndex(at, { align: 'center' });
    },
  };
}

/** Calls `load` while it is due, one at a time, and not at once again after a failure. */
function usePages(isDue: boolean, load: () => Promise<{ readonly ok: boolean }>): void {
  const state = useRef({ isLoading: false, notBeforeMs: 0 });
  // After every render: the place of the reader is not a value that React knows.
  useEffect(() => {
    const { current } = state;
    if (!isDue || current.isLoading || performance.now() < current.notBeforeMs) return;
    current.isLoading = true;
    void load().then(({ ok }) => {
      current.isLoading = false;
      if (!ok) current.notBeforeMs = performance.now() + PAUSE_MS;
    });
  });
}

function seqUpTo(rows: readonly ScrollRow[], index: number): number {
  for (let i = Math.min(index, rows.length - 1); i >= 0; i--) {
    const { seq } = rows[i]!;
    if (seq !== null) return seq;
  }
  return 0;
}

/** Tells of the box's changes, and goes back to the end where the reader was there: a browser keeps the top in place. */
function keepEnd(list: Virtualizer<HTMLElement, Element>, changed: (rect: Rect) => void) {
  let wasAtEnd = false;
  return observeElementRect(list, (rect) => {
    const before = list.scrollRect?.height ?? 0;
    // Hidden it has no height, and comes back as it was.
    if (before > 0) wasAtEnd = list.getTotalSize() - before - (list.scrollOffset ?? 0) <= END_PX;
    changed(rect);
    if (wasAtEnd && before !== rect.height && rect.height > 0) list.scrollToEnd();
  });
}

function allOf(range: Range): number[] {
  return defaultRangeExtractor({ ...range, startIndex: 0, endIndex: range.count - 1 });
}

/** Whether the page is in sight: only then what it shows has been seen. */
function useVisibility(): boolean {
  return useSyncExternalStore(subscribe, isVisible, () => true);
}

function subscribe(changed: () => void): () => void {
  document.addEventListener('visibilitychange', changed);
  return () => document.removeEventListener('visibilitychange', changed);
}

function isVisible(): boolean {
  return document.visibilityState !== 'hidden';
}
