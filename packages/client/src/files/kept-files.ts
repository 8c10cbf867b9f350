import { type IndexedDbLike, openStore } from '../outbox/indexed-db.ts';
import type { UploadFile } from './put-file.ts';
import type { UploadPlace } from './upload.ts';

/** A file that waits over a reload. */
export interface KeptFile {
  readonly userId: string;
  readonly clientMessageId: string;
  /** Of the file within its message. */
  readonly id: string;
  readonly file: UploadFile;
  /** Where it was announced to go; null: it was not. */
  readonly place: UploadPlace | null;
}

export type KeptFileKey = Pick<KeptFile, 'userId' | 'clientMessageId' | 'id'>;

/** Where the bytes of files wait over a reload. Every method may reject: a file that can't be kept is still uploaded. */
export interface FileStorage {
  /** All that are kept of a user. */
  load(userId: string): Promise<KeptFile[]>;
  /** Adds one, or takes the place of the one with its key. */
  put(file: KeptFile): Promise<void>;
  /** Nothing happens where there is none. */
  remove(key: KeptFileKey): Promise<void>;
}

/** Files in IndexedDB, which keeps bytes as they are; where there is none, nothing can be kept. */
export function createFileStorage(
  { indexedDB }: { readonly indexedDB?: IndexedDbLike } = globalThis as { indexedDB?: IndexedDbLike },
  name = 'gongu-files',
): FileStorage {
  const run = openStore<KeptFile>(indexedDB, name, 'files', ['userId', 'clientMessageId', 'id']);
  return {
    load: (userId) => run('readonly', (store) => store.index('userId').getAll(userId)),
    put: async (file) => void (await run('readwrite', (store) => store.put(file))),
    remove: async ({ userId, clientMessageId, id }) =>
      void (await run('readwrite', (store) => store.delete([userId, clientMessageId, id]))),
  };
}
