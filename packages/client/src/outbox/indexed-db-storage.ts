import { inOrder, type OutboxStorage } from './outbox-storage.ts';
import type { StoredDraft } from './outgoing.ts';

interface Request<T> {
  result: T;
  error: unknown;
  onsuccess: (() => void) | null;
  onerror: (() => void) | null;
}

interface ObjectStore {
  put(value: unknown): Request<unknown>;
  delete(key: unknown): Request<unknown>;
  createIndex(name: string, keyPath: string): unknown;
  index(name: string): { getAll(key: string): Request<StoredDraft[]> };
}

interface Database {
  createObjectStore(name: string, options: { keyPath: string[] }): ObjectStore;
  transaction(name: string, mode: 'readonly' | 'readwrite'): { objectStore(name: string): ObjectStore };
  close(): void;
  onversionchange: (() => void) | null;
  onclose: (() => void) | null;
}

/** As much of `indexedDB` as is used. */
export interface IndexedDbLike {
  open(name: string, version: number): Request<unknown> & { onupgradeneeded: unknown; onblocked: unknown };
}

const STORE = 'drafts';

/** Drafts in IndexedDB. The database is opened with the first use, and again should the browser close it. */
export function createIndexedDbStorage(indexedDb: IndexedDbLike, name = 'gongu-outbox'): OutboxStorage {
  let opened: Promise<Database> | null = null;

  function open(): Promise<Database> {
    opened ??= new Promise<Database>((resolve, reject) => {
      const request = indexedDb.open(name, 1);
      request.onupgradeneeded = () => {
        const store = (request.result as Database).createObjectStore(STORE, { keyPath: ['userId', 'clientMessageId'] });
        store.createIndex('userId', 'userId');
      };
      request.onblocked = request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        const database = request.result as Database;
        database.onclose = () => {
          opened = null;
        };
        // Another tab wants to change or remove it: don't stand in its way.
        database.onversionchange = () => {
          database.close();
          opened = null;
        };
        resolve(database);
      };
    }).catch((error) => {
      opened = null;
      throw error;
    });
    return opened;
  }

  async function run<T>(mode: 'readonly' | 'readwrite', what: (store: ObjectStore) => Request<T>): Promise<T> {
    const database = await open();
    return new Promise<T>((resolve, reject) => {
      const request = what(database.transaction(STORE, mode).objectStore(STORE));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  }

  return {
    load: async (userId) => inOrder(await run('readonly', (store) => store.index('userId').getAll(userId))),
    put: async (draft) => void (await run('readwrite', (store) => store.put(draft))),
    remove: async (userId, clientMessageId) =>
      void (await run('readwrite', (store) => store.delete([userId, clientMessageId]))),
  };
}
