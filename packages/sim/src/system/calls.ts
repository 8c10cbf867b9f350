import type { Auth } from '@gongu/host';

export interface Answer<T> {
  readonly status: number;
  /** `code` of a problem body; null where there is none. */
  readonly code: string | null;
  /** Null where the answer is empty, or no JSON: a proxy's own page. */
  readonly body: T;
}

/** HTTP with JSON, as a user or as the service. */
export interface Calls {
  as<T>(token: string, method: string, url: string, body?: unknown): Promise<Answer<T>>;
  /** As trade. @throws Error when the answer is no success */
  service<T>(method: string, url: string, body?: unknown): Promise<T>;
}

/** Longest wait for an answer. */
const ANSWER_MS = 20_000;

export function createCalls({ auth, stopping }: { auth: Pick<Auth, 'signService'>; stopping: AbortSignal }): Calls {
  const as = <T>(token: string, method: string, url: string, body?: unknown) =>
    callAs<T>({ token, method, url, body, signal: AbortSignal.any([stopping, AbortSignal.timeout(ANSWER_MS)]) });
  return {
    as,
    async service<T>(method: string, url: string, body?: unknown) {
      const answer = await as<T>(await auth.signService(), method, url, body);
      if (answer.status >= 200 && answer.status < 300) return answer.body;
      throw new Error(`${method} ${new URL(url).pathname} was answered with ${answer.status} ${answer.code ?? ''}`);
    },
  };
}

export interface CallOptions {
  readonly token: string;
  readonly method: string;
  readonly url: string;
  /** JSON; undefined: none. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Gives the call up. @default after 20 s */
  readonly signal?: AbortSignal;
}

/** One HTTP call with a JSON body, as the bearer of a token. @throws Error of `fetch` when there is no answer */
export async function callAs<T>(options: CallOptions): Promise<Answer<T>> {
  const { token, method, url, body, headers = {}, signal = AbortSignal.timeout(ANSWER_MS) } = options;
  const response = await fetch(url, {
    method,
    headers: {
      ...headers,
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal,
  });
  const text = await response.text();
  let read: unknown = null;
  try {
    read = text === '' ? null : JSON.parse(text);
  } catch {
    // A proxy's own page; the status says enough.
  }
  const code = (read as { code?: unknown } | null)?.code;
  return { status: response.status, code: typeof code === 'string' ? code : null, body: read as T };
}
