interface Request<T> {
  result: T;
  error: unknown;
  onsuccess: (() => void) | null;
  onerror: (() => void) | null;
}

interface ObjectStore<T> {
  put(value: T): Request<unknown>;
  delete(key: unknown): Request<unknown>;
  createIndex(name: string, keyPath: string): unknown;
  index(name: string): { getAll(key: string): Request<T[]> };
}

interface Transaction {
  error: unknown;
  oncomplete: (() => void) | null;
  onabort: (() => void) | null;
  objectStore(name: string): ObjectStore<never>;
}

interface Database {
  createObjectStore(name: string, options: { keyPath: readonly string[] }): ObjectStore<never>;
  transaction(name: string, mode: 'readonly' | 'readwrite'): Transaction;
  close(): void;
  onversionchange: (() => void) | null;
  onclose: (() => void) | null;
}

/** As much of `indexedDB` as is used. */
export interface IndexedDbLike {
  open(name: string, version: number): Request<unknown> & { onupgradeneeded: unknown; onblocked: unknown };
}

/**
 * One store of a database, with an index by `userId`; opened with the first use, and again should the browser close it.
 *
 * @returns runs something on it; resolves when it is written, and rejects where it is not, also for want of a database
 */
export function openStore<T>(
  indexedDb: IndexedDbLike | undefined,
  name: string,
  storeName: string,
  keyPath: readonly string[],
) {
  let opened: Promise<Database> | null = null;

  function open(): Promise<Database> {
    opened ??= new Promise<Database>((resolve, reject) => {
      const request = indexedDb!.open(name, 1);
      request.onupgradeneeded = () => {
        (request.result as Database).createObjectStore(storeName, { keyPath }).createIndex('userId', 'userId');
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

  return async function run<R>(
    mode: 'readonly' | 'readwrite',
    what: (store: ObjectStore<T>) => Request<R>,
  ): Promise<R> {
    const database = await open();
    return new Promise<R>((resolve, reject) => {
      const transaction = database.transaction(storeName, mode);
      const request = what(transaction.objectStore(storeName) as ObjectStore<T>);
      // Not with the request: that there is no room may be seen at the end.
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error ?? request.error);
    });
  };
}
