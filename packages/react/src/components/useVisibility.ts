import { useSyncExternalStore } from 'react';

/** Whether the page is in sight: only then what it shows has been seen. */
export function useVisibility(): boolean {
  return useSyncExternalStore(subscribe, isVisible, () => true);
}

function subscribe(changed: () => void): () => void {
  document.addEventListener('visibilitychange', changed);
  return () => document.removeEventListener('visibilitychange', changed);
}

function isVisible(): boolean {
  return document.visibilityState !== 'hidden';
}
