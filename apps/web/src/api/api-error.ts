import type { ErrorCode, FieldError, FileRefusal } from '@gongu/shared';

/** The services' codes, and NETWORK: there was no answer. */
export type ApiErrorCode = ErrorCode | 'NETWORK';

/** A refused or failed request. People are shown a text of this page's own by `code`. */
export class ApiError extends Error {
  readonly code: ApiErrorCode;
  readonly fields: readonly FieldError[];
  readonly retryAfterMs: number | undefined;
  /** Of UPLOAD_REFUSED. */
  readonly reason: FileRefusal | undefined;
  /** Of TOO_LARGE: what is taken, where the service itself has said it. */
  readonly maxBytes: number | undefined;

  constructor(
    code: ApiErrorCode,
    detail: string,
    rest: { fields?: readonly FieldError[]; retryAfterMs?: number; reason?: FileRefusal; maxBytes?: number } = {},
  ) {
    super(detail);
    this.name = 'ApiError';
    this.code = code;
    this.fields = rest.fields ?? [];
    this.retryAfterMs = rest.retryAfterMs;
    this.reason = rest.reason;
    this.maxBytes = rest.maxBytes;
  }
}

const PASSING: ReadonlySet<ApiErrorCode> = new Set([
  'NETWORK',
  'UNAVAILABLE',
  'UNKNOWN_OUTCOME',
  'INTERNAL',
  'RATE_LIMITED',
]);

/** Whether the same request may well succeed a moment later. */
export function isPassing(error: unknown): boolean {
  return error instanceof ApiError && PASSING.has(error.code);
}

export function codeOf(error: unknown): ApiErrorCode {
  return error instanceof ApiError ? error.code : 'INTERNAL';
}
