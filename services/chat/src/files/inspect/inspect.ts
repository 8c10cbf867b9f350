import { HEAD_BYTES, kindOf, PictureRefused, pictureOf } from '@gongu/host';
import type { FileRefusal } from '@gongu/shared';
import { fileKeys } from '../../room/file-keys.ts';
import type { Inspected } from '../../room/ports/file-inspector.ts';
import type { FileStore } from '../../room/ports/file-store.ts';

export interface InspectOptions {
  readonly store: FileStore;
  /** Refuses what should not be there; null: nobody is asked. */
  readonly scan: ((upload: Uploaded, bytes: AsyncIterable<Uint8Array>) => Promise<'fine' | 'refused'>) | null;
}

/** What was announced. */
export interface Uploaded {
  readonly uploadId: string;
  readonly type: string;
  readonly bytes: number;
}

/**
 * Looks at an upload, and keeps it where it is one that may be shown. All of it is about one version of what came in: what is
 * put in its place meanwhile is not taken for it. The same again does the same.
 * @throws AppError UNAVAILABLE
 */
export async function inspect({ store, scan }: InspectOptions, upload: Uploaded): Promise<Inspected> {
  const keys = fileKeys(upload.uploadId);
  const found = await store.look(keys.incoming);
  if (!found) return { outcome: 'MISSING' };
  if (found.bytes !== upload.bytes) {
    return refused('LENGTH', `The file was announced with ${upload.bytes} bytes, and has ${found.bytes}`);
  }
  const read = () => store.read(keys.incoming, found.etag);
  const head = await begin(await read(), HEAD_BYTES);
  if (!head) return { outcome: 'MISSING' };
  const kind = kindOf(head);
  if (kind.kind === 'refused') return refused(kind.reason, kind.detail);
  if (scan) {
    const bytes = await read();
    if (!bytes) return { outcome: 'MISSING' };
    if ((await scan(upload, bytes)) === 'refused') {
      return refused('SCAN', 'The file was refused by the scan of this service');
    }
  }
  if (kind.kind === 'download') {
    const isCopied = await store.copy(keys.incoming, found.etag, keys.file, kind.type);
    return isCopied ? { outcome: 'kept', kept: { type: kind.type, bytes: found.bytes } } : { outcome: 'MISSING' };
  }
  const whole = await begin(await read(), found.bytes);
  if (!whole) return { outcome: 'MISSING' };
  try {
    const { type, bytes, width, height, thumbnail } = await pictureOf(whole, kind.format);
    const { bytes: small, ...shown } = thumbnail;
    await Promise.all([store.write(keys.file, bytes, type), store.write(keys.thumbnail, small, 'image/webp')]);
    return { outcome: 'kept', kept: { type, bytes: bytes.length, width, height, thumbnail: shown } };
  } catch (error) {
    if (error instanceof PictureRefused) return refused(error.reason, error.message);
    throw error;
  }
}

/** The first bytes; null: there is no such file. */
async function begin(parts: AsyncIterable<Uint8Array> | null, most: number): Promise<Uint8Array | null> {
  if (!parts) return null;
  const taken: Uint8Array[] = [];
  let length = 0;
  for await (const part of parts) {
    taken.push(part);
    length += part.length;
    if (length >= most) break;
  }
  return Buffer.concat(taken).subarray(0, most);
}

function refused(reason: FileRefusal, detail: string): Inspected {
  return { outcome: 'REFUSED', detail, reason };
}
