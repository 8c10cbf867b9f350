import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/** What a signed path allows, and how. */
export interface SignedPath {
  readonly method: 'GET' | 'PUT';
  readonly key: string;
  readonly type: string;
  readonly expiresAtMs: number;
  /** Of a PUT. */
  readonly bytes?: number;
  /** Of a GET. */
  readonly disposition?: string;
}

/** Where the service itself takes and shows files. */
export const FILES_PATH = '/api/chat/files';

/** Paths of this service that allow one thing to whoever has them, until then. Instances of one `secret` know each other's. */
export function createSignedPaths({ secret, now }: { secret: string; now: () => number }) {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'gongu signed paths', 32));

  function signatureOf(path: SignedPath): string {
    const { method, key: file, type, expiresAtMs, bytes = '', disposition = '' } = path;
    const signed = JSON.stringify([method, file, type, expiresAtMs, bytes, disposition]);
    return createHmac('sha256', key).update(signed).digest('base64url');
  }

  return {
    sign(path: SignedPath): string {
      const query = new URLSearchParams({ type: path.type, expires: String(path.expiresAtMs) });
      if (path.bytes !== undefined) query.set('bytes', String(path.bytes));
      if (path.disposition !== undefined) query.set('disposition', path.disposition);
      query.set('signature', signatureOf(path));
      return `${FILES_PATH}/${path.key}?${query}`;
    },

    /** What the path of a request allows; null where it was not signed so, 'ENDED' where it is no longer good. */
    read(method: 'GET' | 'PUT', file: string, query: Readonly<Record<string, string>>): SignedPath | 'ENDED' | null {
      const { type = '', expires = '', bytes, disposition, signature = '' } = query;
      const path: SignedPath = {
        ...{ method, key: file, type, expiresAtMs: Number(expires) },
        ...(bytes === undefined ? {} : { bytes: Number(bytes) }),
        ...(disposition === undefined ? {} : { disposition }),
      };
      const right = Buffer.from(signatureOf(path));
      const given = Buffer.from(signature);
      if (right.length !== given.length || !timingSafeEqual(right, given)) return null;
      return path.expiresAtMs > now() ? path : 'ENDED';
    },
  };
}
