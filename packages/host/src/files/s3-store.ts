import { AppError } from '@gongu/shared';
import type { ShownFile, SignedPut, StoredFile } from './stored-file.ts';

/** Where an S3 is, and as whom it is asked. Plain data: it is handed to another thread. */
export interface S3Place {
  readonly bucket: string;
  readonly region: string;
  /** Absent: that of AWS. */
  readonly endpoint?: string | undefined;
  /** The bucket stands in the path, not in the host's name. */
  readonly pathStyle: boolean;
  /** Absent: what the environment or the machine has (the SDK's own chain). */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
}

/** Headers of a PUT that are signed: another type or length is refused then, and a second PUT. */
const SIGNED = new Set(['host', 'content-type', 'content-length', 'if-none-match']);

/** Any S3 as a file store. `now`: milliseconds of 1970; absent: nothing is signed. */
export async function createS3Store({ place, now }: { place: S3Place; now?: () => number }) {
  // Only where there is an S3: who has none would pay for them at each start.
  const [sdk, { getSignedUrl }] = await Promise.all([
    import('@aws-sdk/client-s3'),
    import('@aws-sdk/s3-request-presigner'),
  ]);
  const { bucket: Bucket, region, endpoint, pathStyle, credentials } = place;
  const s3 = new sdk.S3Client({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials ? { credentials } : {}),
    forcePathStyle: pathStyle,
    // Else a signed URL has the checksum of an empty body.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 30_000 },
  });

  /** Null: what is asked for is not there, or another version of it. */
  async function asked<T>(ask: Promise<T>): Promise<T | null> {
    try {
      return await ask;
    } catch (cause) {
      const { name, $metadata } = cause as { name?: string; $metadata?: { httpStatusCode?: number } };
      const status = $metadata?.httpStatusCode;
      if (name !== 'NoSuchBucket' && (status === 404 || status === 412)) return null;
      throw new AppError('UNAVAILABLE', { detail: 'The file store does not answer', retryAfterMs: 2_000, cause });
    }
  }

  function until(expiresAtMs: number) {
    if (!now) throw new AppError('INTERNAL', { detail: 'Nothing is signed here' });
    const at = now();
    return { signingDate: new Date(at), expiresIn: Math.max(1, Math.ceil((expiresAtMs - at) / 1_000)) };
  }
  const remove = async (Key: string) => void (await asked(s3.send(new sdk.DeleteObjectCommand({ Bucket, Key }))));

  return {
    async signPut(
      Key: string,
      { type, bytes, expiresAtMs }: { readonly type: string; readonly bytes: number; readonly expiresAtMs: number },
    ): Promise<SignedPut> {
      const put = new sdk.PutObjectCommand({
        ...{ Bucket, Key, ContentType: type, ContentLength: bytes, IfNoneMatch: '*' },
      });
      const signing = { ...until(expiresAtMs), signableHeaders: SIGNED, unhoistableHeaders: SIGNED };
      const url = await getSignedUrl(s3, put, signing);
      return { url, headers: { 'content-type': type, 'if-none-match': '*' } };
    },

    signGet(Key: string, { type, disposition, expiresAtMs }: ShownFile): Promise<string> {
      const get = new sdk.GetObjectCommand({
        ...{ Bucket, Key, ResponseContentType: type, ResponseContentDisposition: disposition },
        ResponseCacheControl: 'private, max-age=300',
      });
      return getSignedUrl(s3, get, until(expiresAtMs));
    },

    async look(Key: string): Promise<StoredFile | null> {
      const head = await asked(s3.send(new sdk.HeadObjectCommand({ Bucket, Key })));
      return head && { bytes: head.ContentLength ?? 0, etag: head.ETag ?? '' };
    },

    async read(Key: string, IfMatch: string): Promise<AsyncIterable<Uint8Array> | null> {
      const got = await asked(s3.send(new sdk.GetObjectCommand({ Bucket, Key, IfMatch })));
      return (got?.Body as AsyncIterable<Uint8Array> | undefined) ?? null;
    },

    async copy(from: string, etag: string, to: string, type: string): Promise<boolean> {
      const copy = new sdk.CopyObjectCommand({
        ...{ Bucket, Key: to, CopySource: `${Bucket}/${from}`, CopySourceIfMatch: etag },
        ...{ MetadataDirective: 'REPLACE', ContentType: type },
      });
      return (await asked(s3.send(copy))) !== null;
    },

    async write(Key: string, Body: Uint8Array, ContentType: string): Promise<void> {
      await asked(s3.send(new sdk.PutObjectCommand({ Bucket, Key, Body, ContentType, ContentLength: Body.length })));
    },

    async remove(keys: readonly string[]): Promise<void> {
      await Promise.all(keys.map(remove));
    },

    /** Null: nothing is there. */
    async open(Key: string): Promise<{ readonly bytes: number; readonly body: NodeJS.ReadableStream } | null> {
      const got = await asked(s3.send(new sdk.GetObjectCommand({ Bucket, Key })));
      return got && { bytes: got.ContentLength ?? 0, body: got.Body as NodeJS.ReadableStream };
    },

    async sweep(beforeMs: number): Promise<number> {
      let gone = 0;
      for (let after: string | undefined; ; ) {
        const list = new sdk.ListObjectsV2Command({ Bucket, Prefix: 'incoming/', ContinuationToken: after });
        const page = await asked(s3.send(list));
        const old = (page?.Contents ?? []).filter(({ LastModified }) => (LastModified?.getTime() ?? 0) < beforeMs);
        for (const { Key } of old) if (Key !== undefined) await remove(Key);
        gone += old.length;
        after = page?.NextContinuationToken;
        if (after === undefined) return gone;
      }
    },

    close: () => s3.destroy(),
  };
}
