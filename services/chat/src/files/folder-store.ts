import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, link, mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '@gongu/shared';
import type { FileStore } from '../room/ports/file-store.ts';
import type { SignedPaths } from './signed-paths.ts';

export interface FolderStoreOptions {
  /** Made when the first file comes. Names in it are keys. */
  readonly folder: string;
  /** Absent: nothing is signed. */
  readonly paths?: SignedPaths;
}

/** A folder as a file store, and what the service's own routes need to take and show files. */
export interface FolderStore extends FileStore {
  /**
   * Takes a file that was announced to have so many bytes.
   * @throws AppError PRECONDITION_FAILED (something is there), UPLOAD_REFUSED (another length); then nothing is kept
   */
  take(key: string, body: AsyncIterable<Uint8Array>, bytes: number): Promise<void>;
  /** Null: nothing is there. */
  open(key: string): Promise<{ readonly bytes: number; readonly body: NodeJS.ReadableStream } | null>;
}

/** Files in a folder of the machine, for one machine: the service itself takes them and shows them. */
export function createFolderStore({ folder, paths }: FolderStoreOptions): FolderStore {
  const at = (key: string) => join(folder, ...key.split('/'));
  const signer = () => {
    if (!paths) throw new AppError('INTERNAL', { detail: 'Nothing is signed here' });
    return paths;
  };

  async function found(key: string) {
    const place = at(key);
    const file = await unlessMissing(stat(place));
    return file && { place, bytes: file.size, etag: `"${file.ino}-${file.size}-${Math.trunc(file.mtimeMs)}"` };
  }

  /** A name beside `key` that nobody reads; its folder is there. */
  async function draftOf(key: string): Promise<string> {
    const place = at(key);
    await mkdir(dirname(place), { recursive: true, mode: 0o700 });
    return join(dirname(place), `.${randomUUID()}`);
  }

  return {
    async signPut(key, { type, bytes, expiresAtMs }) {
      const url = signer().sign({ method: 'PUT', key, type, bytes, expiresAtMs });
      return { url, headers: { 'content-type': type, 'if-none-match': '*' } };
    },

    async signGet(key, { type, disposition, expiresAtMs }) {
      return signer().sign({ method: 'GET', key, type, disposition, expiresAtMs });
    },

    async look(key) {
      const file = await found(key);
      return file && { bytes: file.bytes, etag: file.etag };
    },

    async read(key, etag) {
      const file = await found(key);
      return file?.etag === etag ? createReadStream(file.place) : null;
    },

    async copy(from, etag, to) {
      const file = await found(from);
      if (file?.etag !== etag) return false;
      const draft = await draftOf(to);
      await copyFile(file.place, draft);
      await rename(draft, at(to));
      return true;
    },

    async write(key, bytes) {
      const draft = await draftOf(key);
      await writeFile(draft, bytes, { mode: 0o600 });
      await rename(draft, at(key));
    },

    async remove(keys) {
      await Promise.all(keys.map((key) => rm(at(key), { force: true })));
    },

    async sweep(beforeMs) {
      let gone = 0;
      // Drafts too: a process may have been killed over one.
      for (const name of (await unlessMissing(readdir(at('incoming')))) ?? []) {
        const place = join(at('incoming'), name);
        const file = await unlessMissing(stat(place));
        if (!file || file.mtimeMs >= beforeMs) continue;
        await rm(place, { force: true });
        gone++;
      }
      return gone;
    },

    async take(key, body, bytes) {
      const draft = await draftOf(key);
      try {
        const file = await open(draft, 'wx', 0o600);
        let taken = 0;
        try {
          for await (const chunk of body) {
            taken += chunk.length;
            if (taken > bytes) break;
            await file.write(chunk);
          }
        } finally {
          await file.close();
        }
        if (taken !== bytes) {
          const had = taken > bytes ? 'more' : `${taken}`;
          throw new AppError('UPLOAD_REFUSED', {
            detail: `The file was announced with ${bytes} bytes, and has ${had}`,
          });
        }
        // Unlike a rename it does nothing where something is.
        await link(draft, at(key));
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error;
        throw new AppError('PRECONDITION_FAILED', { detail: 'The file was uploaded before' });
      } finally {
        await rm(draft, { force: true });
      }
    },

    async open(key) {
      const file = await found(key);
      return file && { bytes: file.bytes, body: createReadStream(file.place) };
    },
  };
}

async function unlessMissing<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as { code?: string }).code;
}
