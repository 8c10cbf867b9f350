import { useCallback, useSyncExternalStore } from 'react';

/** Where a page and its conversation have room beside each other; the stylesheet says the same. */
export const WIDE = '(min-width: 60rem)';

/** Whether a media query holds, now and later. */
export function useMedia(query: string): boolean {
  const subscribe = useCallback(
    (changed: () => void) => {
      const list = matchMedia(query);
      list.addEventListener('change', changed);
      return () => list.removeEventListener('change', changed);
    },
    [query],
  );
  return useSyncExternalStore(subscribe, () => matchMedia(query).matches);
}
