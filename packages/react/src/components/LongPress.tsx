import { type RefObject, useEffect, useRef } from 'react';

export interface LongPressProps {
  /** The element around what can be pressed. */
  readonly around: RefObject<HTMLElement | null>;
  readonly onPress: (target: Element) => void;
}

/** Milliseconds a finger rests, and pixels it may move meanwhile. */
const PRESS_MS = 500;
const MOVED_PX = 10;

/** A finger that rests on something. One that scrolls is none, and a link keeps what the browser does with it. */
export function LongPress({ around, onPress }: LongPressProps) {
  // The rows may be others by the time.
  const latest = useRef(onPress);
  latest.current = onPress;
  useEffect(() => {
    const element = around.current;
    if (!element) return;
    let press: { timer: ReturnType<typeof setTimeout>; x: number; y: number } | null = null;
    let isHandled = false;
    const ending = new AbortController();
    function on<K extends keyof HTMLElementEventMap>(
      type: K,
      heard: (event: HTMLElementEventMap[K]) => void,
      capture = false,
    ): void {
      element!.addEventListener(type, heard, { capture, signal: ending.signal });
    }
    const stop = () => {
      clearTimeout(press?.timer);
      press = null;
    };
    on('pointerdown', ({ pointerType, isPrimary, target, clientX: x, clientY: y }) => {
      stop();
      isHandled = false;
      if (pointerType !== 'touch' || !isPrimary || !(target instanceof Element) || target.closest('a, .gongu-own'))
        return;
      const timer = setTimeout(() => {
        press = null;
        isHandled = true;
        latest.current(target);
      }, PRESS_MS);
      press = { timer, x, y };
    });
    on('pointermove', ({ clientX, clientY }) => {
      if (press && Math.hypot(clientX - press.x, clientY - press.y) > MOVED_PX) stop();
    });
    on('pointerup', stop);
    // The browser has begun to scroll with the finger. That the list moves by itself, as for a new message, ends no press.
    on('pointercancel', stop);
    // The browser would have the row take the focus, from what the press has opened.
    on('touchend', (event) => isHandled && event.preventDefault());
    // The browser's own menu for the same press, and the click at its end.
    on('contextmenu', (event) => (isHandled || press) && event.preventDefault());
    on(
      'click',
      (event) => {
        if (!isHandled) return;
        isHandled = false;
        event.preventDefault();
        event.stopPropagation();
      },
      true,
    );
    return () => {
      stop();
      ending.abort();
    };
  }, [around]);
  return null;
}
