import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, callAs } from '@gongu/sim';
import type { ChaosSystem } from './system/chaos-system.ts';

export interface AskingOptions {
  readonly system: Pick<ChaosSystem, 'auth' | 'chatUrl'>;
  /** Nobody asks any more. */
  readonly stopping: AbortSignal;
}

/** `unknown`: a try was never answered, and may be carried out at any time. Codes: refused for good. */
export type Outcome = 'done' | 'unknown' | { readonly refused: string };

const ANSWER_MS = 6_000;
const AGAIN_MS = 700;
/** Longer than any fault lasts. */
const TRIES = 60;
const AGAIN = new Set(['UNAVAILABLE', 'UNKNOWN_OUTCOME', 'INTERNAL', 'RATE_LIMITED']);

/** HTTP by people who ask chat until they are answered. */
export function createAsking({ system, stopping }: AskingOptions) {
  const { auth, chatUrl } = system;
  const underWay = new Set<Promise<void>>();

  /** @param path below `/api/chat`; that of the service itself with `/` in front of it is taken as it is */
  function once<T>(userId: string, method: string, path: string, body?: object): Promise<Answer<T>> {
    const token = auth.signUser({ userId, nickname: userId }, 3_600);
    const signal = AbortSignal.any([stopping, AbortSignal.timeout(ANSWER_MS)]);
    return callAs<T>({ token, method, url: `${chatUrl}/api/chat${path}`, body, signal });
  }

  return {
    once,
    /** Whether such an answer is none: balancers' own pages have no code. */
    isAgain: (answer: Answer<unknown> | null): boolean =>
      !answer || (answer.status >= 300 && (answer.code === null || AGAIN.has(answer.code))),
    /** Whether the request may have been carried out all the same. */
    isUnsure: (answer: Answer<unknown> | null): boolean =>
      answer?.code !== 'RATE_LIMITED' && answer?.code !== 'UNAVAILABLE',
    pause: () => sleep(AGAIN_MS, undefined, { signal: stopping }).catch(() => {}),
    /** Numbers of tries, until it is given up or nobody asks any more. */
    *tries(): Generator<number> {
      for (let i = 0; i < TRIES && !stopping.aborted; i++) yield i;
    },
    /** Asks until there is an answer, whichever: the same once more does no more. */
    async untilAnswered<T>(
      userId: string,
      method: string,
      path: string,
      body?: object,
    ): Promise<{ readonly outcome: Outcome; readonly isUnsure: boolean; readonly body: T | null }> {
      let isUnsure = false;
      for (const _ of this.tries()) {
        const answer = await once<T>(userId, method, path, body).catch(() => null);
        if (answer && answer.status < 300) return { outcome: 'done', isUnsure, body: answer.body };
        if (answer && !this.isAgain(answer)) {
          return { outcome: isUnsure ? 'unknown' : { refused: answer.code! }, isUnsure, body: null };
        }
        isUnsure ||= this.isUnsure(answer);
        await this.pause();
      }
      return { outcome: 'unknown', isUnsure: true, body: null };
    },
    begin(work: () => Promise<void>): void {
      const running = work().finally(() => underWay.delete(running));
      underWay.add(running);
    },
    /** Asked for something, and without an answer yet. */
    get underWay() {
      return underWay.size;
    },
  };
}

export type Asking = ReturnType<typeof createAsking>;
