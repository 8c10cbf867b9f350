import type { ErrorCode, FieldError, FileRefusal } from '@gongu/shared';

/**
 * Codes that only this side gives. CONNECTION_LOST: the connection ended before the answer came. TIMED_OUT: no answer in
 * time. TOKEN_UNAVAILABLE: the application's `token` failed. NOT_OPEN: nobody listens to the room. OUTDATED: the message
 * waited too long to be sent without asking again. STORAGE_FULL: more bytes of files would wait than may. FILE_LOST: this
 * browser has not kept a file over a reload.
 */
export type ClientErrorCode =
  | 'CONNECTION_LOST'
  | 'TIMED_OUT'
  | 'TOKEN_UNAVAILABLE'
  | 'NOT_OPEN'
  | 'OUTDATED'
  | 'STORAGE_FULL'
  | 'FILE_LOST';

/** What went wrong, as a value: nothing in this package throws at its caller or rejects. */
export interface ChatError {
  /** Stable: the server's codes, and those of this side. */
  readonly code: ErrorCode | ClientErrorCode;
  /** One English sentence for developers; show people a text of your own by `code`. */
  readonly message: string;
  /** Milliseconds after which another try is sensible. */
  readonly retryAfterMs?: number;
  /** Fields that are wrong. */
  readonly errors: readonly FieldError[];
  /** Of UPLOAD_REFUSED: why the file is not taken; one may be added by a newer server. Absent: an older one has not said. */
  readonly reason?: FileRefusal | undefined;
}

export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: ChatError };

export function success<T>(value: T): Result<T> {
  return { ok: true, value };
}

export function chatError(code: ChatError['code'], message: string, rest: Partial<ChatError> = {}): ChatError {
  return { errors: [], ...rest, code, message };
}

export function failure(code: ChatError['code'], message: string): Result<never> {
  return { ok: false, error: chatError(code, message) };
}

const PASSING: ReadonlySet<ChatError['code']> = new Set([
  'RATE_LIMITED',
  'UNAVAILABLE',
  'UNKNOWN_OUTCOME',
  'INTERNAL',
  'CONNECTION_LOST',
  'TIMED_OUT',
]);

/** Whether it passes by itself, so that trying again without asking anybody is right. */
export function isPassing({ code }: ChatError): boolean {
  return PASSING.has(code);
}
