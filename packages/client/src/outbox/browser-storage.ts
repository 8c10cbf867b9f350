import { createLocalStorage, type StorageLike } from './local-storage.ts';
import { createMemoryStorage, type OutboxStorage } from './outbox-storage.ts';

/**
 * localStorage, which has written a draft before `send` returns, so that not even a reload in the same moment loses it;
 * memory where there is none, or where it refuses: a private window may forbid it on first use, and a quota be full.
 */
export function browserStorage(): OutboxStorage {
  const memory = createMemoryStorage();
  let best = localStorageOf() ?? memory;

  async function attempt<T>(what: (storage: OutboxStorage) => Promise<T>): Promise<T> {
    try {
      return await what(best);
    } catch {
      best = memory;
      return what(best);
    }
  }

  return {
    load: (userId) => attempt((storage) => storage.load(userId)),
    put: (draft) => attempt((storage) => storage.put(draft)),
    remove: (userId, clientMessageId) => attempt((storage) => storage.remove(userId, clientMessageId)),
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
