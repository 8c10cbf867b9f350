import { CLOSE, type CloseCode } from './close-codes.ts';

/** How one error code is told on every protocol. */
interface ErrorRow {
  /** HTTP status. */
  readonly http: number;
  /** Close code where the error ends a socket. */
  readonly close: CloseCode;
  /** Whether the same request may succeed later without being changed. */
  readonly retryable: boolean;
  /** Problem title, and the text a client sees when nothing more exact is known. */
  readonly title: string;
}

const row = (http: number, close: CloseCode, retryable: boolean, title: string): ErrorRow => ({
  http,
  close,
  retryable,
  title,
});

/** The one table of errors. HTTP, JSON frames, STOMP and SockJS all render from it. */
export const ERRORS = {
  VALIDATION_FAILED: row(400, CLOSE.badFrame, false, 'The request is not valid'),
  BAD_FRAME: row(400, CLOSE.badFrame, false, 'The frame can not be read'),
  UNKNOWN_TYPE: row(400, CLOSE.badFrame, false, 'The frame has a type that does not exist'),
  UNAUTHENTICATED: row(401, CLOSE.unauthenticated, false, 'A valid token is needed'),
  TOKEN_EXPIRED: row(401, CLOSE.tokenExpired, false, 'The token has expired'),
  TOKEN_REVOKED: row(401, CLOSE.tokenExpired, false, 'The token was revoked; sign in again'),
  BLOCKED: row(403, CLOSE.blocked, false, 'The user is blocked'),
  FORBIDDEN: row(403, CLOSE.removed, false, 'Not allowed'),
  NOT_A_MEMBER: row(403, CLOSE.removed, false, 'Only members of the room may do this'),
  ORIGIN_NOT_ALLOWED: row(403, CLOSE.unauthenticated, false, 'This origin is not allowed'),
  MUTED: row(403, CLOSE.removed, false, 'One is muted in the room'),
  BANNED: row(403, CLOSE.removed, false, 'One is banned from the room'),
  SELLER_CANNOT_BUY: row(403, CLOSE.removed, false, 'A seller can not buy the own product'),
  ANONYMOUS_NOT_ALLOWED: row(403, CLOSE.removed, false, 'An anonymous user can not do this'),
  NOT_FOUND: row(404, CLOSE.noSuchRoom, false, 'Not found'),
  METHOD_NOT_ALLOWED: row(405, CLOSE.badFrame, false, 'The resource does not have this method'),
  REQUEST_TIMEOUT: row(408, CLOSE.badFrame, true, 'The request took too long to arrive'),
  CAP_REACHED: row(409, CLOSE.removed, true, 'All places are taken'),
  ROOM_FULL: row(409, CLOSE.removed, true, 'The room is full'),
  NOT_RECRUITING: row(409, CLOSE.removed, false, 'The product is no longer recruiting'),
  DEADLINE_PASSED: row(409, CLOSE.removed, false, 'The deadline has passed'),
  ALREADY_PARTICIPATING: row(409, CLOSE.removed, false, 'Already participating'),
  ALREADY_WAITING: row(409, CLOSE.removed, false, 'Already on the waiting list'),
  PAYMENT_NOT_DUE: row(409, CLOSE.removed, false, 'The payment is no longer due'),
  MINIMUM_NOT_MET: row(409, CLOSE.removed, true, 'The minimum has not been reached'),
  ROOM_NOT_ACTIVE: row(409, CLOSE.removed, false, 'The room takes no new members'),
  ROOM_READ_ONLY: row(409, CLOSE.removed, false, 'The room can only be read'),
  EDIT_WINDOW_PASSED: row(409, CLOSE.removed, false, 'The message can no longer be edited'),
  MESSAGE_DELETED: row(409, CLOSE.removed, false, 'The message was deleted'),
  ILLEGAL_TRANSITION: row(409, CLOSE.removed, false, 'The status can not change this way'),
  CONFLICT: row(409, CLOSE.removed, false, 'The request is in conflict with what is stored'),
  PRECONDITION_FAILED: row(412, CLOSE.removed, false, 'The resource has changed'),
  TOO_LARGE: row(413, CLOSE.tooBig, false, 'Too large'),
  EXPECTATION_FAILED: row(417, CLOSE.badFrame, false, 'Nothing but 100-continue can be expected'),
  AMOUNT_REFUSED: row(422, CLOSE.removed, false, 'The amount is not what may be paid'),
  UPLOAD_REFUSED: row(422, CLOSE.badFrame, false, 'The file is not taken'),
  IDEMPOTENCY_CONFLICT: row(422, CLOSE.removed, false, 'The idempotency key was used with another payload'),
  CONTENT_REFUSED: row(422, CLOSE.removed, false, 'The text holds what may not be said here'),
  SLOW_MODE: row(429, CLOSE.tooManyFrames, true, 'The room is in slow mode'),
  RATE_LIMITED: row(429, CLOSE.tooManyFrames, true, 'Too many requests'),
  INTERNAL: row(500, CLOSE.internal, true, 'Something failed inside'),
  UNAVAILABLE: row(503, CLOSE.restart, true, 'Not available at the moment; nothing was stored'),
  UNKNOWN_OUTCOME: row(
    503,
    CLOSE.restart,
    true,
    'Nobody knows whether it was stored; ask again with the same key or id',
  ),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;
export const ERROR_CODES = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]];

/** One field that is wrong, and what would be right. */
export interface FieldError {
  /** Dotted path into the body, query or frame; empty for the whole. */
  readonly path: string;
  readonly message: string;
}

/** Why a file is not taken. `TYPE`: none of those that are. `LENGTH`: it is of another length than was announced. */
export const FILE_REFUSALS = [
  ...(['OFF', 'EMPTY', 'TOO_LARGE', 'QUOTA', 'TYPE', 'HEIC', 'SVG', 'HTML', 'ARCHIVE'] as const),
  ...(['PICTURE_TOO_LARGE', 'BROKEN', 'SCAN', 'LENGTH', 'GONE'] as const),
] as const;
export type FileRefusal = (typeof FILE_REFUSALS)[number];

export interface AppErrorOptions {
  /** One sentence for the caller; the code's title when absent. Never a secret, never another user's text. */
  readonly detail?: string;
  readonly errors?: readonly FieldError[];
  /** Milliseconds after which a retry is sensible. */
  readonly retryAfterMs?: number;
  /** With ILLEGAL_TRANSITION: the states that may follow the present one. */
  readonly allowed?: readonly string[];
  /** With UPLOAD_REFUSED. */
  readonly refusal?: FileRefusal;
  /** With TOO_LARGE, of a body: the most bytes that are taken. */
  readonly maxBytes?: number | undefined;
  /** What was caught; logged, never told. */
  readonly cause?: unknown;
}

/** The only error that carries meaning to a caller. Everything else becomes INTERNAL at the border. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly errors: readonly FieldError[];
  readonly retryAfterMs: number | undefined;
  readonly allowed: readonly string[] | undefined;
  readonly refusal: FileRefusal | undefined;
  readonly maxBytes: number | undefined;

  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    const detail = options.detail ?? ERRORS[code].title;
    super(`${code}: ${detail}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.detail = detail;
    this.errors = options.errors ?? [];
    this.retryAfterMs = options.retryAfterMs;
    this.allowed = options.allowed;
    this.refusal = options.refusal;
    this.maxBytes = options.maxBytes;
  }

  /** HTTP status of this error's code. */
  get status(): number {
    return ERRORS[this.code].http;
  }
}

/** Field errors of a zod issue list. */
export function fieldErrors(
  issues: readonly { path: readonly PropertyKey[]; message: string }[],
  prefix = '',
): FieldError[] {
  return issues.slice(0, 20).map((issue) => ({
    path: [prefix, ...issue.path.map(String)].filter((part) => part !== '').join('.'),
    message: issue.message,
  }));
}
