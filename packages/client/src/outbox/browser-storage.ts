import { createLocalStorage, type StorageLike } from './local-storage.ts';
import { createMemoryStorage, inOrder, type OutboxStorage } from './outbox-storage.ts';

/**
 * localStorage, which has written a draft before `send` returns, so that not even a reload in the same moment loses it;
 * memory where there is none, and for what it refuses: a private window may forbid it on first use, and a quota be full.
 */
export function browserStorage(): OutboxStorage {
  const memory = createMemoryStorage();
  const stored = localStorageOf();
  if (!stored) return memory;
  return {
    async load(userId) {
      const kept = await stored.load(userId).catch(() => []);
      // What was refused is newer than what is stored under the same id.
      const drafts = [...kept, ...(await memory.load(userId))];
      return inOrder([...new Map(drafts.map((draft) => [draft.clientMessageId, draft])).values()]);
    },
    async put(draft) {
      try {
        await stored.put(draft);
      } catch {
        return memory.put(draft);
      }
      return memory.remove(draft.userId, draft.clientMessageId);
    },
    // What was stored before the quota was full must go, too: it would be asked again after a reload.
    remove: (userId, clientMessageId) =>
      Promise.all([stored, memory].map((storage) => storage.remove(userId, clientMessageId))).then(() => {}),
  };
}

function localStorageOf(): OutboxStorage | null {
  try {
    // Reading the property alone may throw.
    const { localStorage } = globalThis as { localStorage?: StorageLike };
    return localStorage ? createLocalStorage(localStorage) : null;
  } catch {
    return null;
  }
}
