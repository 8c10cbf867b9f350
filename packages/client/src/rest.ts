import type { ErrorCode, FieldError, FileRefusal } from '@gongu/shared';
import { chatError, failure, type Result, success } from './chat-error.ts';
import type { TokenSource } from './connection/token-source.ts';

export interface RestOptions {
  /** `https://…`, without a slash at the end. */
  readonly url: string;
  readonly tokens: TokenSource;
  readonly fetch: typeof fetch;
}

export interface RestAnswer<T> {
  readonly status: number;
  readonly body: T;
}

/** HTTP requests beside the connection. Never rejects: a broken network is CONNECTION_LOST. */
export interface Rest {
  readonly url: string;
  /** `path` starts below `/api/chat`. A token that has expired is renewed once. */
  request<T>(method: string, path: string, body?: unknown): Promise<Result<RestAnswer<T>>>;
}

/** The stable code where an answer holds none: it comes from something in between. */
const CODES: Readonly<Record<number, ErrorCode>> = {
  401: 'UNAUTHENTICATED',
  404: 'NOT_FOUND',
  429: 'RATE_LIMITED',
};

export function createRest({ url, tokens, fetch }: RestOptions): Rest {
  async function once<T>(method: string, path: string, body: unknown, token: string): Promise<Result<RestAnswer<T>>> {
    try {
      const response = await fetch(`${url}/api/chat${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body ? { 'content-type': 'application/json' } : {}),
        },
        body: JSON.stringify(body),
      });
      if (!response.ok) return { ok: false, error: await problemOf(response) };
      const text = await response.text();
      return success({ status: response.status, body: (text === '' ? undefined : JSON.parse(text)) as T });
    } catch (error) {
      return failure('CONNECTION_LOST', `The request failed: ${error instanceof Error ? error.message : ''}`);
    }
  }

  return {
    url,
    async request(method, path, body) {
      const token = tokens.current ? success(tokens.current) : await tokens.get(false);
      if (!token.ok) return token;
      const answer = await once<never>(method, path, body, token.value);
      if (answer.ok || !/^TOKEN_(EXPIRED|REVOKED)$/.test(answer.error.code)) return answer;
      const fresh = await tokens.get(true);
      if (fresh.ok && fresh.value === token.value) return answer;
      return fresh.ok ? once(method, path, body, fresh.value) : fresh;
    },
  };
}

/** A problem body as an error value. */
export async function problemOf(response: Response) {
  const problem = (await response.json().catch(() => ({}))) as {
    code?: ErrorCode;
    detail?: string;
    errors?: FieldError[];
    retryAfterMs?: number;
    reason?: FileRefusal;
  };
  const { status } = response;
  const code = problem.code ?? CODES[status] ?? (status >= 500 ? 'UNAVAILABLE' : 'INTERNAL');
  const { errors = [], retryAfterMs, reason } = problem;
  return chatError(code, problem.detail ?? `HTTP ${status}`, {
    errors,
    retryAfterMs,
    reason,
  });
}
