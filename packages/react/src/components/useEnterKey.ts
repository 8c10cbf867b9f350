import { useEffect } from 'react';
import { createEnterKey } from './enter-key.ts';

/** Enter sends. By the browser's own events: React has none for `beforeinput`. */
export function useEnterKey(
  field: { readonly current: HTMLTextAreaElement | null },
  enterSends: boolean | undefined,
  send: { readonly current: () => void },
  isThere: boolean,
): void {
  useEffect(() => {
    // A field that was closed comes back as another element.
    const element = isThere ? field.current : null;
    const isOn = enterSends ?? !matchMedia('(pointer: coarse)').matches;
    if (!element || !isOn) return;
    const enter = createEnterKey();
    const sendInstead = (event: Event) => {
      event.preventDefault();
      send.current();
    };
    const keydown = (event: KeyboardEvent) => enter.keydown(event) && sendInstead(event);
    const beforeInput = (event: InputEvent) => enter.beforeInput(event) && sendInstead(event);
    element.addEventListener('keydown', keydown);
    element.addEventListener('beforeinput', beforeInput);
    element.addEventListener('compositionstart', enter.compositionStart);
    element.addEventListener('compositionend', enter.compositionEnd);
    return () => {
      element.removeEventListener('keydown', keydown);
      element.removeEventListener('beforeinput', beforeInput);
      element.removeEventListener('compositionstart', enter.compositionStart);
      element.removeEventListener('compositionend', enter.compositionEnd);
    };
  }, [field, enterSends, send, isThere]);
}
