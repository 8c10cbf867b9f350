import { observeElementOffset, observeElementRect, type Rect, type Virtualizer } from '@tanstack/react-virtual';

type List = Virtualizer<HTMLElement, Element>;

interface Row {
  readonly key: string;
}

/** Pixels from the end that still count as at the end. */
export const END_PX = 80;
/** Pixels by which a browser and a list may differ about one place. */
const ROUNDING_PX = 2;
/** Scroll events after which a row that was not reached is let go: then it is somebody who scrolls. */
const PATIENCE = 20;

/** A row to be brought into sight. Its index moves with every page that comes before it; its key does not. */
interface Aim {
  readonly key: string;
  readonly align: 'start' | 'center';
  isReached: boolean;
  /** Where it was when it was reached. */
  reachedPx: number;
  events: number;
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
  let rows: readonly Row[] = [];
  /** Tells the list where its box is scrolled to. */
  let tellOffset = (): void => {};

  function goToAim(list: List): void {
    const at = aim ? rows.findIndex(({ key }) => key === aim?.key) : -1;
    if (aim && at >= 0) list.scrollToIndex(at, { align: aim.align });
    else aim = null;
  }

  function scrolled(list: List, px: number): void {
    const box = list.scrollElement;
    if (!box || box.clientHeight === 0) return;
    const fromEndPx = box.scrollHeight - box.clientHeight - px;
    if (fromEndPx <= END_PX) isAtEnd = !hasNewer;
    // What grows below him moves the end away from the reader: he leaves it only upwards.
    else if (px < lastPx) isAtEnd = false;
    lastPx = px;
    if (!aim) return;
    const at = rows.findIndex(({ key }) => key === aim?.key);
    const target = at < 0 ? undefined : list.getOffsetForIndex(at, aim.align)?.[0];
    const isThere = target !== undefined && Math.abs(target - px) <= ROUNDING_PX;
    if (isThere) {
      aim.isReached = true;
      aim.reachedPx = target;
    } else if (aim.isReached && target !== undefined && target !== aim.reachedPx) {
      // It is the row that has moved: a page came before it, or what stands above it was measured.
      aim.reachedPx = target;
      goToAim(list);
    } else if (aim.isReached || ++aim.events > PATIENCE) aim = null;
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
      aim = { key, align, isReached: false, reachedPx: 0, events: 0 };
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
      // Whoever scrolls causes renderings too, and must not be led back.
      if (isSame) return;
      if (hasNewer) isAtEnd = false;
      if (isAtEnd) {
        aim = null;
        list.scrollToEnd();
      } else if (aim) goToAim(list);
    },

    observeElementOffset(list: List, changed: (px: number, isScrolling: boolean) => void) {
      tellOffset = () => changed(list.scrollElement?.scrollTop ?? 0, false);
      const letGo = () => {
        aim = null;
      };
      const box = list.scrollElement;
      for (const input of INPUTS) box?.addEventListener(input, letGo, { passive: true });
      const stop = observeElementOffset(list, (px, isScrolling) => {
        changed(px, isScrolling);
        scrolled(list, px);
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
