import { failure, type Result, success } from '../chat-error.ts';
import type { Clock } from '../clock.ts';

/**
 * Gives the user's token; called before each connection. `refresh`: the last one has expired or is about to, so a cached
 * one will not do. Null: nobody is signed in, and the connection ends with UNAUTHENTICATED. A throw or a rejection is
 * tried again later.
 */
export type TokenProvider = (options: { readonly refresh: boolean }) => string | null | Promise<string | null>;

export interface TokenSource {
  /** The token given last, for requests beside the connection. */
  readonly current: string | null;
  /** Asks the application; calls at the same time share one answer. Never rejects. */
  get(refresh: boolean): Promise<Result<string>>;
}

/** Milliseconds an application may take to give a token. */
const PATIENCE_MS = 20_000;

export function createTokenSource({ provide, clock }: { provide: TokenProvider; clock: Clock }): TokenSource {
  let current: string | null = null;
  let asked: { readonly refresh: boolean; readonly answer: Promise<Result<string>> } | null = null;

  function ask(refresh: boolean): Promise<Result<string>> {
    return new Promise<string | null>((resolve, reject) => {
      const cancel = clock.after(PATIENCE_MS, () => reject(new Error('it did not come in time')));
      // Within a promise of its own, so that a provider that throws at once is a provider that fails.
      void new Promise<string | null>((given) => given(provide({ refresh }))).then(resolve, reject).finally(cancel);
    }).then(
      (token) => (token ? success(token) : failure('UNAUTHENTICATED', 'Nobody is signed in')),
      (error) =>
        failure('TOKEN_UNAVAILABLE', `The token could not be had: ${error instanceof Error ? error.message : ''}`),
    );
  }

  return {
    get current() {
      return current;
    },
    get(refresh) {
      if (asked && (asked.refresh || !refresh)) return asked.answer;
      const answer = ask(refresh);
      const mine = { refresh, answer };
      asked = mine;
      void answer.then((token) => {
        // A later question has the later answer.
        if (asked !== mine) return;
        asked = null;
        if (token.ok) current = token.value;
        else if (token.error.code === 'UNAUTHENTICATED') current = null;
      });
      return answer;
    },
  };
}
