import { z } from 'zod';
import { type AppError, ERROR_CODES, ERRORS, FILE_REFUSALS } from './errors.ts';

/** An error body, `application/problem+json` (RFC 9457). Also the body of STOMP's `/user/queue/errors`. */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(ERROR_CODES),
    detail: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })),
    requestId: z.string().optional(),
    retryAfterMs: z.int().optional(),
    allowed: z.array(z.string()).optional(),
    reason: z.enum(FILE_REFUSALS).optional().meta({ description: 'With UPLOAD_REFUSED: why the file is not taken.' }),
    maxBytes: z.int().optional().meta({ description: 'With TOO_LARGE, of a body: the most bytes that are taken.' }),
  })
  .meta({ id: 'Problem' });
export type Problem = z.output<typeof Problem>;

const STATUS_TITLES: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  417: 'Expectation Failed',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** `error` as a problem body. */
export function problemOf(error: AppError, requestId?: string): Problem {
  const status = ERRORS[error.code].http;
  return {
    type: 'about:blank',
    title: STATUS_TITLES[status] ?? ERRORS[error.code].title,
    status,
    code: error.code,
    detail: error.detail,
    errors: error.errors.map(({ path, message }) => ({ path, message })),
    ...(requestId === undefined ? {} : { requestId }),
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
    ...(error.allowed === undefined ? {} : { allowed: [...error.allowed] }),
    ...(error.refusal === undefined ? {} : { reason: error.refusal }),
    ...(error.maxBytes === undefined ? {} : { maxBytes: error.maxBytes }),
  };
}
