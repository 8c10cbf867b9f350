import type { ConnectionState } from '@gongu/client';
import { useSyncExternalStore } from 'react';
import { useChatClient } from './chat-context.ts';

/** How the connection stands. */
export function useConnection(): ConnectionState {
  const { subscribe, getSnapshot } = useChatClient().connection;
  return useSyncExternalStore(subscribe, getSnapshot, getSnapshot);
}
