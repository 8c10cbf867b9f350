import { randomUUID } from 'node:crypto';
import type { Stats } from 'node:fs';
import { copyFile, type FileHandle, link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '@gongu/shared';
import type { ShownFile, SignedPut, StoredFile } from './stored-file.ts';

export interface FolderStoreOptions {
  /** Made when the first file comes. Names in it are keys. */
  readonly folder: string;
  /** Makes the paths of the service by which files are put and shown. Absent: nothing is signed. */
  readonly paths?: {
    sign(
      path: { readonly key: string; readonly type: string; readonly expiresAtMs: number } & (
        | { readonly method: 'PUT'; readonly bytes: number }
        | { readonly method: 'GET'; readonly disposition: string }
      ),
    ): string;
  };
}

/** What is swept. */
const INCOMING = 'incoming';

/** Files in a folder of the machine, for one machine: the service itself takes them and shows them. */
export function createFolderStore({ folder, paths }: FolderStoreOptions) {
  const at = (key: string) => join(folder, ...key.split('/'));
  const signer = () => {
    if (!paths) throw new AppError('INTERNAL', { detail: 'Nothing is signed here' });
    return paths;
  };

  async function found(key: string): Promise<StoredFile | null> {
    const file = await unlessMissing(stat(at(key)));
    return file && foundIn(file);
  }

  /** Opened, so that all of it is of one version, also where it is removed meanwhile. Whoever gets it closes it. */
  async function opened(key: string) {
    const file = await unlessMissing(open(at(key), 'r'));
    return file && { file, ...foundIn(await file.stat()) };
  }

  /** A name that nobody reads, for what becomes `key`; the folders of both are there. What a kill leaves of it is swept. */
  async function draftOf(key: string): Promise<string> {
    // The mode is that of all that is made on the way, and beside this folder lies what others must come to: a database's.
    await mkdir(dirname(folder), { recursive: true, mode: 0o711 });
    await Promise.all([dirname(at(key)), at(INCOMING)].map((one) => mkdir(one, { recursive: true, mode: 0o700 })));
    return join(at(INCOMING), `.${randomUUID()}`);
  }

  /** Makes what was written to a draft what is there, lastingly: a message that names it lasts too. */
  async function keep(draft: string, key: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
    const file = await open(draft, 'a', 0o600);
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, at(key));
  }

  return {
    async signPut(
      key: string,
      { type, bytes, expiresAtMs }: { readonly type: string; readonly bytes: number; readonly expiresAtMs: number },
    ): Promise<SignedPut> {
      const url = signer().sign({ method: 'PUT', key, type, bytes, expiresAtMs });
      return { url, headers: { 'content-type': type, 'if-none-match': '*' } };
    },

    async signGet(key: string, { type, disposition, expiresAtMs }: ShownFile): Promise<string> {
      return signer().sign({ method: 'GET', key, type, disposition, expiresAtMs });
    },

    look: found,

    async read(key: string, etag: string): Promise<AsyncIterable<Uint8Array> | null> {
      const there = await opened(key);
      if (there?.etag === etag) return there.file.createReadStream();
      await there?.file.close();
      return null;
    },

    async copy(from: string, etag: string, to: string): Promise<boolean> {
      if ((await found(from))?.etag !== etag) return false;
      const draft = await draftOf(to);
      const isThere = await unlessMissing(copyFile(at(from), draft).then(() => true));
      if (isThere) await keep(draft, to, async () => {});
      return isThere ?? false;
    },

    async write(key: string, bytes: Uint8Array): Promise<void> {
      await keep(await draftOf(key), key, (file) => file.writeFile(bytes));
    },

    async remove(keys: readonly string[]): Promise<void> {
      await Promise.all(keys.map((key) => rm(at(key), { force: true })));
    },

    /** Removes what was put in `incoming/` before; how many went. */
    async sweep(beforeMs: number): Promise<number> {
      let gone = 0;
      for (const name of (await unlessMissing(readdir(at(INCOMING)))) ?? []) {
        const place = join(at(INCOMING), name);
        const file = await unlessMissing(stat(place));
        if (!file || file.mtimeMs >= beforeMs) continue;
        await rm(place, { force: true });
        gone++;
      }
      return gone;
    },

    /**
     * Takes a file that was announced to have so many bytes.
     * @throws AppError PRECONDITION_FAILED (something is there), UPLOAD_REFUSED (another length); then nothing is kept
     */
    async take(key: string, body: AsyncIterable<Uint8Array>, bytes: number): Promise<void> {
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
            refusal: 'LENGTH',
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

    /** All of it, or its bytes from `start` to `end`; `bytes`: how many all are. Null: nothing is there. */
    async open(
      key: string,
      part?: { readonly start: number; readonly end: number },
    ): Promise<{ readonly bytes: number; readonly body: NodeJS.ReadableStream } | null> {
      const there = await opened(key);
      return there && { bytes: there.bytes, body: there.file.createReadStream(part) };
    },
  };
}

function foundIn({ ino, size, mtimeMs }: Stats): StoredFile {
  return { bytes: size, etag: `"${ino}-${size}-${Math.trunc(mtimeMs)}"` };
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
