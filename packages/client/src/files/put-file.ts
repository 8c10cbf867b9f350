import type { FileRefusal } from '@gongu/shared';
import { chatError, type Result, success } from '../chat-error.ts';
import type { Clock } from '../clock.ts';

/** As much of a browser's `File` as is used. */
export interface UploadFile {
  readonly name: string;
  /** A media type; empty where the browser knows none. */
  readonly type: string;
  /** Bytes. */
  readonly size: number;
}

/** How a file is put in its place. */
interface Put {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

interface PutOptions {
  readonly onProgress: (loaded: number) => void;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** Milliseconds without a byte that goes, or an answer, after which a browser's request is given up: its network may be gone. */
const STALLED_MS = 60_000;

interface Request {
  status: number;
  responseText: string;
  upload: { onprogress: ((event: { loaded: number }) => void) | null };
  onload: (() => void) | null;
  onerror: (() => void) | null;
  onabort: (() => void) | null;
  open(method: string, url: string): void;
  setRequestHeader(name: string, value: string): void;
  send(body: unknown): void;
  abort(): void;
}

/** Puts a file in its place. Browsers tell how far it is; elsewhere it is told at the end. Never rejects. */
export async function putFile(put: Put, file: UploadFile, options: PutOptions): Promise<Result<void>> {
  const { XMLHttpRequest } = globalThis as { XMLHttpRequest?: new () => Request };
  const answer = await (XMLHttpRequest
    ? byRequest(new XMLHttpRequest(), put, file, options)
    : byFetch(put, file, options));
  if (answer === null) {
    return { ok: false, error: chatError('CONNECTION_LOST', 'The file could not be uploaded') };
  }
  // 412: an earlier try has put it there, and its answer was lost.
  if (answer.status < 300 || answer.status === 412) return success(undefined);
  const { code, detail, reason } = problemIn(answer.text);
  const refused = code === 'UPLOAD_REFUSED' ? code : answer.status >= 500 ? 'UNAVAILABLE' : 'FORBIDDEN';
  return { ok: false, error: chatError(refused, detail ?? `HTTP ${answer.status}`, { reason }) };
}

type Answer = { readonly status: number; readonly text: string } | null;

function byRequest(request: Request, { url, headers }: Put, file: UploadFile, options: PutOptions): Promise<Answer> {
  return new Promise((resolve) => {
    request.open('PUT', url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    let cancelStall = () => {};
    const isAlive = () => {
      cancelStall();
      cancelStall = options.clock.after(STALLED_MS, () => request.abort());
    };
    const done = (answer: Answer) => {
      cancelStall();
      resolve(answer);
    };
    isAlive();
    request.upload.onprogress = ({ loaded }) => {
      isAlive();
      options.onProgress(loaded);
    };
    request.onload = () => done({ status: request.status, text: request.responseText });
    request.onerror = request.onabort = () => done(null);
    options.signal.addEventListener('abort', () => request.abort());
    request.send(file);
  });
}

async function byFetch({ url, headers }: Put, file: UploadFile, { onProgress, signal }: PutOptions): Promise<Answer> {
  try {
    const answer = await fetch(url, { method: 'PUT', headers, body: file as unknown as string, signal });
    onProgress(file.size);
    return { status: answer.status, text: await answer.text() };
  } catch {
    return null;
  }
}

function problemIn(text: string): { code?: string; detail?: string; reason?: FileRefusal } {
  try {
    return JSON.parse(text);
  } catch {
    // An S3 answers with XML.
    return {};
  }
}
