import type { ErrorCode, FieldError } from '@gongu/shared';
import type { ServerClock } from '../clock/server-clock.ts';
import { ApiError } from './api-error.ts';

export interface HttpRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly body?: unknown;
  /** The answer is a text, and no JSON. */
  readonly isText?: boolean;
  /** Makes a repeated request harmless. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
  /** Is told the time of the answer; see ServerClock. */
  readonly heard?: ServerClock['heard'];
  /** The caller's token; asked again with `refresh` when the service says that it has expired. */
  readonly token?: (asked: { refresh: boolean }) => Promise<string | null>;
}

/** Code of an answer that holds none: it comes from something in between. */
const CODES: Readonly<Record<number, ErrorCode>> = { 401: 'UNAUTHENTICATED', 404: 'NOT_FOUND', 429: 'RATE_LIMITED' };

/** JSON over HTTP. @throws ApiError; AbortError when `signal` ended it */
export async function fetchJson<T>(url: string, request: HttpRequest = {}): Promise<T> {
  try {
    return await once<T>(url, request, false);
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'TOKEN_EXPIRED') throw error;
    return once<T>(url, request, true);
  }
}

async function once<T>(url: string, request: HttpRequest, refresh: boolean): Promise<T> {
  const { method = 'GET', body, idempotencyKey, signal, token, heard, isText } = request;
  const bearer = (await token?.({ refresh })) ?? null;
  const askedMs = performance.now();
  const response = await fetch(url, {
    method,
    headers: {
      ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new ApiError('NETWORK', error instanceof Error ? error.message : 'No answer');
  });
  heard?.(response.headers.get('date'), performance.now() - askedMs);
  const text = await response.text();
  if (!response.ok) throw refusal(response.status, text);
  return (text === '' ? undefined : isText ? text : JSON.parse(text)) as T;
}

function refusal(status: number, text: string): ApiError {
  let problem: { code?: ErrorCode; detail?: string; errors?: FieldError[]; retryAfterMs?: number } = {};
  try {
    problem = JSON.parse(text);
  } catch {
    // A proxy's own page; the status says enough.
  }
  const code = problem.code ?? CODES[status] ?? (status >= 500 ? 'UNAVAILABLE' : 'INTERNAL');
  const { errors: fields, retryAfterMs } = problem;
  return new ApiError(code, problem.detail ?? `HTTP ${status}`, { fields, retryAfterMs });
}
