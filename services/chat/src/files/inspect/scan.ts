import { AppError } from '@gongu/shared';
import type { InspectOptions } from './inspect.ts';

/** Milliseconds that a scan may take. */
const SCAN_MS = 60_000;

/**
 * Asks a URL about each file: its bytes as a POST, with `Content-Type` as announced and `X-Upload-Id`. 2xx: it is fine. 406 or
 * 422: it is refused. Anything else, and silence: nobody knows, and the upload can be completed later.
 */
export function createScan(url: string): NonNullable<InspectOptions['scan']> {
  return async ({ uploadId, type, bytes }, body) => {
    const unknown = (cause?: unknown) =>
      new AppError('UNAVAILABLE', { detail: 'The scan of files does not answer', retryAfterMs: 5_000, cause });
    let status: number;
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': type, 'content-length': String(bytes), 'x-upload-id': uploadId },
        body,
        duplex: 'half',
        redirect: 'error',
        signal: AbortSignal.timeout(SCAN_MS),
      } as unknown as RequestInit);
      await answer.body?.cancel();
      status = answer.status;
    } catch (cause) {
      throw unknown(cause);
    }
    if (status >= 200 && status < 300) return 'fine';
    if (status === 406 || status === 422) return 'refused';
    throw unknown(new Error(`the scan answered ${status}`));
  };
}
