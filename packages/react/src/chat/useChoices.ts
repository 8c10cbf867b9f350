import type { Choices } from '@gongu/client';
import { useSyncExternalStore } from 'react';
import { useChatClient } from './chat-context.ts';

/** Whom one ignores, and which rooms are muted for oneself, in this browser; change it by `useChatClient().choices`. */
export function useChoices(): Choices {
  const { subscribe, getSnapshot } = useChatClient().choices;
  return useSyncExternalStore(subscribe, getSnapshot, getSnapshot);
}
