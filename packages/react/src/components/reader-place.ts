import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  type Rect,
  type Virtualizer,
} from '@tanstack/virtual-core';

type List = Virtualizer<HTMLElement, Element>;

interface Row {
  readonly key: string;
}

/** Pixels from the end that still count as at the end. */
export const END_PX = 80;
/** Pixels by which a browser and a list may differ about one place. */
const ROUNDING_PX = 2;
/** Times in a row that a row is asked for again without having been reached: the browser may refuse it for good. */
const ASKED_MAX = 20;

/** A row to be brought into sight. Its index moves with every page that comes before it; its key does not. */
interface Aim {
  readonly key: string;
  readonly align: 'start' | 'center';
  /** Where it was when it was last asked for. */
  askedPx: number;
  /** How often it has been asked for since it was last reached. */
  asked: number;
}

/** What somebody does who scrolls. */
const INPUTS = ['wheel', 'touchmove', 'pointerdown', 'keydown'] as const;

/**
 * Where the reader is meant to be, whatever happens to the rows and to their box: at the end, or at a row, until he scrolls
 * himself. Everywhere else the list keeps what he reads where it is.
 */
export function createReaderPlace() {
  let isAtEnd = false;
  let hasNewer = false;
  let aim: Aim | null = null;
  let lastPx = 0;
  /** Where the list's last write left the box, as read back: a browser rounds, and stops at the end. */
  let writtenPx = 0;
  let rows: readonly Row[] = [];
  /** Tells the list where its box is scrolled to. */
  let tellOffset = (): void => {};

  /** Of the row to be brought into sight; undefined without one. */
  function targetPx(list: List): number | undefined {
    const at = aim ? rows.findIndex(({ key }) => key === aim?.key) : -1;
    return aim && at >= 0 ? list.getOffsetForIndex(at, aim.align)?.[0] : undefined;
  }

  function goToAim(list: List): void {
    const px = targetPx(list);
    if (!aim || px === undefined) {
      aim = null;
      return;
    }
    aim.askedPx = px;
    aim.asked++;
    list.scrollToIndex(
      rows.findIndex(({ key }) => key === aim?.key),
      { align: aim.align },
    );
  }

  /** Whether the list or the browser moved there: what the list wrote, or the end of a box that has become shorter. */
  function isOwn(box: HTMLElement, px: number): boolean {
    const endPx = box.scrollHeight - box.clientHeight;
    return Math.abs(px - writtenPx) <= ROUNDING_PX || (px < lastPx && Math.abs(px - endPx) <= ROUNDING_PX);
  }

  function scrolled(box: HTMLElement, px: number): void {
    if (box.clientHeight === 0) return;
    if (!isOwn(box, px)) aim = null;
    const fromEndPx = box.scrollHeight - box.clientHeight - px;
    if (fromEndPx <= END_PX) isAtEnd = !hasNewer;
    // What grows below him moves the end away from the reader: he leaves it only upwards.
    else if (px < lastPx) isAtEnd = false;
    lastPx = px;
  }

  /** What came above the row or was measured there has moved it. */
  function followAim(list: List): void {
    const px = targetPx(list);
    if (!aim || px === undefined) return;
    const isThere = Math.abs((list.scrollElement?.scrollTop ?? 0) - px) <= ROUNDING_PX;
    if (isThere) {
      aim.askedPx = px;
      aim.asked = 0;
    } else if (px !== aim.askedPx || aim.asked < ASKED_MAX) goToAim(list);
  }

  return {
    toEnd(list: List): void {
      aim = null;
      isAtEnd = true;
      list.scrollToEnd();
    },

    /** Nothing happens where there is no such row. */
    toRow(list: List, key: string, align: Aim['align']): boolean {
      if (!rows.some((row) => row.key === key)) return false;
      aim = { key, align, askedPx: 0, asked: 0 };
      isAtEnd = false;
      goToAim(list);
      return true;
    },

    /** To be called when the rows are in the page. `isCut`: the last of them is not the conversation's. */
    rowsRendered(list: List, now: readonly Row[], isCut: boolean): void {
      const before = rows;
      rows = now;
      hasNewer = isCut;
      const isSame =
        before.length === now.length && before[0]?.key === now[0]?.key && before.at(-1)?.key === now.at(-1)?.key;
      if (isSame) return followAim(list);
      if (hasNewer) isAtEnd = false;
      if (isAtEnd) {
        aim = null;
        list.scrollToEnd();
      } else if (aim) goToAim(list);
    },

    scrollToFn(px: number, options: Parameters<typeof elementScroll>[1], list: List): void {
      elementScroll(px, options, list);
      writtenPx = list.scrollElement?.scrollTop ?? px;
    },

    observeElementOffset(list: List, changed: (px: number, isScrolling: boolean) => void) {
      tellOffset = () => changed(list.scrollElement?.scrollTop ?? 0, false);
      const letGo = () => {
        aim = null;
      };
      const box = list.scrollElement;
      for (const input of INPUTS) box?.addEventListener(input, letGo, { passive: true });
      const stop = observeElementOffset(list, (px, isScrolling) => {
        if (list.scrollElement) scrolled(list.scrollElement, px);
        changed(px, isScrolling);
        followAim(list);
      });
      return () => {
        for (const input of INPUTS) box?.removeEventListener(input, letGo);
        stop?.();
      };
    },

    /** A browser keeps the top of a box in place when it changes. */
    observeElementRect(list: List, changed: (rect: Rect) => void) {
      let wasAtEnd = false;
      return observeElementRect(list, (rect) => {
        const before = list.scrollRect?.height ?? 0;
        // Hidden it has no height, and comes back as it was.
        if (before > 0) {
          const fromEndPx = list.getTotalSize() - before - (list.scrollOffset ?? 0);
          wasAtEnd = isAtEnd || fromEndPx <= END_PX;
        }
        changed(rect);
        if (before === rect.height || rect.height === 0) return;
        // Shown again, a box may be back where it was, which is no scrolling: there would be no event of it.
        if (before === 0) tellOffset();
        if (wasAtEnd) list.scrollToEnd();
        else if (aim) goToAim(list);
      });
    },
  };
}
