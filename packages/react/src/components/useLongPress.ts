import { type PointerEvent, type SyntheticEvent, useCallback, useEffect, useRef } from 'react';

/** Milliseconds a finger rests, and pixels it may move meanwhile. */
const PRESS_MS = 500;
const MOVED_PX = 10;

/**
 * A finger that rests on something. One that scrolls is none, and a link keeps what the browser does with it.
 *
 * @returns handlers for the element around what can be pressed
 */
export function useLongPress(onPress: (target: Element) => void) {
  const press = useRef<{ timer: ReturnType<typeof setTimeout>; x: number; y: number } | null>(null);
  const isHandled = useRef(false);
  const stop = useCallback(() => {
    clearTimeout(press.current?.timer);
    press.current = null;
  }, []);
  useEffect(() => stop, [stop]);
  // The rows may be others by the time.
  const latest = useRef(onPress);
  latest.current = onPress;

  return {
    onPointerDown({ pointerType, isPrimary, target, clientX: x, clientY: y }: PointerEvent): void {
      stop();
      isHandled.current = false;
      if (pointerType !== 'touch' || !isPrimary || !(target instanceof Element) || target.closest('a, .gongu-own'))
        return;
      const timer = setTimeout(() => {
        press.current = null;
        isHandled.current = true;
        latest.current(target);
      }, PRESS_MS);
      press.current = { timer, x, y };
    },
    onPointerMove({ clientX, clientY }: PointerEvent): void {
      const from = press.current;
      if (from && Math.hypot(clientX - from.x, clientY - from.y) > MOVED_PX) stop();
    },
    onPointerUp: stop,
    /** The browser would have the row take the focus, from what the press has opened. */
    onTouchEnd(event: SyntheticEvent): void {
      if (isHandled.current) event.preventDefault();
    },
    // The browser has begun to scroll with the finger. That the list moves by itself, as for a new message, ends no press.
    onPointerCancel: stop,
    /** The browser's own menu for the same press, and the click at its end. */
    onContextMenu(event: SyntheticEvent): void {
      if (isHandled.current || press.current) event.preventDefault();
    },
    onClickCapture(event: SyntheticEvent): void {
      if (!isHandled.current) return;
      isHandled.current = false;
      event.preventDefault();
      event.stopPropagation();
    },
  };
}
