import { defaultRangeExtractor, measureElement, type Range, type VirtualItem } from '@tanstack/virtual-core';
import {
  type RefObject,
  useCallback,
  useDeferredValue,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import { createReaderPlace, END_PX } from './reader-place.ts';
import { useVirtualList } from './useVirtualList.ts';

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
  /** A row that is rendered wherever one scrolls: the one that has the focus. */
  readonly keepKey?: string | null;
  /** About the height of a row that was never shown, pixels. Default 56. */
  readonly estimatePx?: number;
  /**
   * Of `rows[index]`: what is equal for rows of about one height. One that was never shown is taken to be as high as the last
   * that was, and costs nothing more where that is so.
   */
  readonly shapeOf?: (index: number) => string;
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
  /** The last row in sight; -1 before the first. */
  readonly lastVisibleIndex: number;
  /** Newest message that was in sight while the reader was at the end; what is newer is new to him. */
  readonly seenSeq: number;
  scrollToEnd(): void;
  /** Shows the row of that key. Nothing happens where there is none. */
  scrollToKey(key: string): void;
}

const NONE: readonly ScrollRow[] = [];
/** Rows up to which all are rendered: the browser's own search finds them, and screen readers read on without a pause. */
const ALL_MAX = 200;
/** Pixels from the end that are far: nobody asks the browser where it is, who would have to lay out the page for it. */
const FAR_PX = 20_000;
/** Rows beyond sight that are rendered all the same. */
const OVERSCAN = 12;
/** Pixels from either end at which more is loaded: about two screens of a telephone. */
const LOAD_PX = 1_200;
/** Milliseconds between a page that failed and the next try. */
const PAUSE_MS = 3_000;

/**
 * The scrolling of a conversation: starts at the end or at a row, stays at the end while new messages come, keeps the
 * reader's place to the pixel when older pages come above him, loads them in time, and renders only what is near once there
 * are more than two hundred rows.
 */
export function useHistoryScroll(options: HistoryScrollOptions): HistoryScroll {
  const { rows, hasOlder, hasNewer, loadOlder, loadNewer, onSeen, startKey = null } = options;
  const { estimatePx = 56, shapeOf = (index: number) => rows[index]!.key } = options;
  const keepIndex = rowIndex(rows, options.keepKey ?? null);
  const nearby = useCallback((range: Range) => withRow(defaultRangeExtractor(range), keepIndex), [keepIndex]);
  // Where all are rendered, those of a page that are out of sight come a moment later: all at once would hold up the page.
  const isShort = rows.length <= ALL_MAX;
  const settled = useDeferredValue(isShort ? rows : NONE);
  const all = useCallback(
    (range: Range) => {
      const there = new Set(settled.map(({ key }) => key));
      const near = nearby(range);
      return allOf(range).filter((index) => there.has(rows[index]!.key) || near.includes(index));
    },
    [rows, settled, nearby],
  );
  const scrollerRef = useRef<HTMLElement>(null);
  const isVisible = useVisibility();
  const [place] = useState(createReaderPlace);
  // By the row: a guess stays, or what was never shown above the reader would move him.
  const [{ guessed, seen }] = useState(() => ({ guessed: new Map<string, number>(), seen: new Map<string, number>() }));
  function guess(index: number): number {
    const { key } = rows[index]!;
    const px = guessed.get(key) ?? seen.get(shapeOf(index)) ?? estimatePx;
    guessed.set(key, px);
    return px;
  }
  const virtualizer = useVirtualList({
    count: rows.length,
    getScrollElement: () => scrollerRef.current,
    estimateSize: guess,
    measureElement(element: Element, entry, list) {
      const px = measureElement(element, entry, list);
      const index = list.indexFromElement(element);
      if (px > 0) seen.set(shapeOf(index), px);
      // @tanstack/virtual-core 3.19.11 takes a row that is exactly as high as its estimate for never measured, and moves the
      // reader when it grows at the upper edge.
      const { key } = rows[index]!;
      if (px === guessed.get(key) && !list.itemSizeCache.has(key)) list.itemSizeCache.set(key, px);
      return px;
    },
    getItemKey: useCallback((index: number) => rows[index]?.key ?? index, [rows]),
    anchorTo: 'end',
    followOnAppend: !hasNewer,
    scrollEndThreshold: END_PX,
    overscan: OVERSCAN,
    rangeExtractor: isShort ? all : nearby,
    scrollToFn: place.scrollToFn,
    observeElementOffset: place.observeElementOffset,
    observeElementRect: place.observeElementRect,
  });

  // Where to begin, once there is something, and where to stay.
  const hasBegun = useRef(false);
  useLayoutEffect(() => {
    place.rowsRendered(virtualizer, rows, hasNewer);
    if (rows.length === 0) hasBegun.current = false;
    else if (!hasBegun.current) {
      hasBegun.current = true;
      if (startKey === null || !place.toRow(virtualizer, startKey, 'start')) place.toEnd(virtualizer);
    }
  });

  const scrollPx = virtualizer.scrollOffset ?? 0;
  const isReady = hasBegun.current && virtualizer.scrollRect !== null && virtualizer.scrollRect.height > 0;
  const belowPx = virtualizer.getTotalSize() - (virtualizer.scrollRect?.height ?? 0) - scrollPx;
  const isAtEnd = !hasNewer && (!isReady || (belowPx < FAR_PX && virtualizer.isAtEnd(END_PX)));
  usePages(isReady && hasOlder && scrollPx < LOAD_PX, loadOlder);
  usePages(isReady && hasNewer && belowPx < LOAD_PX, loadNewer);

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
    lastVisibleIndex: lastVisible,
    seenSeq,
    scrollToEnd: () => place.toEnd(virtualizer),
    scrollToKey: (key) => void place.toRow(virtualizer, key, 'center'),
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
    // In a task of its own: what led here is to be painted before the list is rendered once more to say that it loads.
    setTimeout(async () => {
      const { ok } = await load();
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

function allOf(range: Range): number[] {
  return defaultRangeExtractor({ ...range, startIndex: 0, endIndex: range.count - 1 });
}

function rowIndex(rows: readonly ScrollRow[], key: string | null): number {
  return key === null ? -1 : rows.findIndex((row) => row.key === key);
}

function withRow(shown: number[], index: number): number[] {
  return index < 0 || shown.includes(index) ? shown : [...shown, index].sort((a, b) => a - b);
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
