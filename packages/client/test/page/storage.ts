import type { IndexedDbLike } from '../../src/outbox/indexed-db.ts';
import { createIndexedDbStorage } from '../../src/outbox/indexed-db-storage.ts';
import { createLocalStorage, type StorageLike } from '../../src/outbox/local-storage.ts';
import { type MakeStorage, STORAGE_CASES } from '../fixture/storage-contract.ts';

const scope = globalThis as unknown as {
  localStorage: StorageLike & { clear(): void };
  indexedDB: IndexedDbLike;
  runCase: (kind: string, index: number) => Promise<string>;
};

const kinds: Record<string, MakeStorage> = {
  localStorage: () => createLocalStorage(scope.localStorage),
  indexedDB: (place) => createIndexedDbStorage(scope.indexedDB, place),
};

/** Runs one case on one kind; empty when it holds, else why not. */
scope.runCase = async (kind, index) => {
  scope.localStorage.clear();
  try {
    await STORAGE_CASES[index]!.run(kinds[kind]!, `place-${index}`);
    return '';
  } catch (error) {
    return String(error);
  }
};
