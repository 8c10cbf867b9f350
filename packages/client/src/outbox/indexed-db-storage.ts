import { type IndexedDbLike, openStore } from './indexed-db.ts';
import { inOrder, type OutboxStorage } from './outbox-storage.ts';
import type { StoredDraft } from './outgoing.ts';

/** Drafts in IndexedDB. The database is opened with the first use, and again should the browser close it. */
export function createIndexedDbStorage(indexedDb: IndexedDbLike, name = 'gongu-outbox'): OutboxStorage {
  const run = openStore<StoredDraft>(indexedDb, name, 'drafts', ['userId', 'clientMessageId']);
  return {
    load: async (userId) => inOrder(await run('readonly', (store) => store.index('userId').getAll(userId))),
    put: async (draft) => void (await run('readwrite', (store) => store.put(draft))),
    remove: async (userId, clientMessageId) =>
      void (await run('readwrite', (store) => store.delete([userId, clientMessageId]))),
  };
}
