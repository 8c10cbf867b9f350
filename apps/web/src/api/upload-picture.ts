import type { Picture, Problem } from '@gongu/shared';
import { ApiError } from './api-error.ts';
import type { HttpRequest } from './http.ts';
import { newKey } from './new-key.ts';

export interface PictureUpload {
  /** Trade's. */
  readonly url: string;
  readonly file: File;
  readonly token: NonNullable<HttpRequest['token']>;
  /** Share of the bytes that are there, 0 to 1. */
  readonly onProgress: (share: number) => void;
  readonly signal: AbortSignal;
}

/** A new UUID (version 4). `crypto.randomUUID` is missing on pages that came by plain HTTP. */
export function newPictureId(): string {
  const digits = newKey();
  const parts = [digits.slice(0, 8), digits.slice(8, 12), `4${digits.slice(13, 16)}`, `a${digits.slice(17, 20)}`];
  return [...parts, digits.slice(20)].join('-');
}

/**
 * Puts a picture there. The same again under the same id is harmless.
 * @throws ApiError; AbortError when `signal` ended it
 */
export async function uploadPicture(id: string, upload: PictureUpload): Promise<Picture> {
  try {
    return await once(id, upload, false);
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'TOKEN_EXPIRED') throw error;
    return once(id, upload, true);
  }
}

/** Not by `fetch`, which says nothing of what is on its way. */
async function once(id: string, { url, file, token, onProgress, signal }: PictureUpload, refresh: boolean) {
  const bearer = await token({ refresh });
  return new Promise<Picture>((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('PUT', `${url}/api/pictures/${id}`);
    request.setRequestHeader('content-type', file.type);
    if (bearer !== null) request.setRequestHeader('authorization', `Bearer ${bearer}`);
    request.upload.onprogress = ({ loaded, total }) => total > 0 && onProgress(loaded / total);
    request.onerror = () => reject(new ApiError('NETWORK', 'No answer'));
    request.onabort = () => reject(new DOMException('Given up', 'AbortError'));
    request.onload = () => {
      let answer: (Picture & Partial<Pick<Problem, 'code' | 'detail' | 'reason' | 'maxBytes'>>) | null = null;
      try {
        answer = JSON.parse(request.responseText);
      } catch {
        // A proxy's own page.
      }
      if (request.status === 200 && answer) return resolve(answer);
      const { code = request.status === 413 ? 'TOO_LARGE' : 'UNAVAILABLE', detail, reason, maxBytes } = answer ?? {};
      reject(new ApiError(code, detail ?? `HTTP ${request.status}`, { reason, maxBytes }));
    };
    signal.addEventListener('abort', () => request.abort());
    request.send(file);
  });
}
