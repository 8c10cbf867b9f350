import { inOrder, keyOf, type OutboxStorage } from './outbox-storage.ts';
import type { StoredDraft } from './outgoing.ts';

/** As much of `localStorage` as is used. */
export interface StorageLike {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

const PREFIX = 'gongu.outbox\n';

/** Drafts in `localStorage`, a key each, so that two tabs never overwrite what the other added. */
export function createLocalStorage(storage: StorageLike): OutboxStorage {
  return {
    async load(userId) {
      const prefix = PREFIX + keyOf(userId, '');
      const found: StoredDraft[] = [];
      for (let i = 0; i < storage.length; i++) {
        const key = storage.key(i);
        if (!key?.startsWith(prefix)) continue;
        try {
          found.push(JSON.parse(storage.getItem(key)!) as StoredDraft);
        } catch {
          // Somebody else's, or broken: it can't be sent.
        }
      }
      return inOrder(found);
    },
    async put(draft) {
      storage.setItem(PREFIX + keyOf(draft.userId, draft.clientMessageId), JSON.stringify(draft));
    },
    async remove(userId, clientMessageId) {
      storage.removeItem(PREFIX + keyOf(userId, clientMessageId));
    },
  };
}
