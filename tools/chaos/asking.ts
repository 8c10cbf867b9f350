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

  /** @param path below `/api/chat` */
  function once<T>(userId: string, method: string, path: string, body?: object): Promise<Answer<T>> {
    const token = auth.signUser({ userId, nickname: userId }, 3_600);
    const signal = AbortSignal.any([stopping, AbortSignal.timeout(ANSWER_MS)]);
    return callAs<T>({ token, method, url: `${chatUrl}/api/chat${path}`, body, signal });
  }

  return {
    once,
    pause: () => sleep(AGAIN_MS, undefined, { signal: stopping }).catch(() => {}),
    /** Numbers of tries, until it is given up or nobody asks any more. */
    *tries(): Generator<number> {
      for (let i = 0; i < TRIES && !stopping.aborted; i++) yield i;
    },
    /**
     * Asks until there is an answer, whichever: the same once more does no more. `lasting`: `unknown` also where a try before
     * it was lost, which may come after what is asked for next.
     */
    async untilAnswered<T>(
      userId: string,
      method: string,
      path: string,
      body?: object,
    ): Promise<{ readonly outcome: Outcome; readonly lasting: Outcome; readonly body: T | null }> {
      let isUnsure = false;
      for (const _ of this.tries()) {
        const answer = await once<T>(userId, method, path, body).catch(() => null);
        if (answer && answer.status < 300) {
          return { outcome: 'done', lasting: isUnsure ? 'unknown' : 'done', body: answer.body };
        }
        // Balancers' own pages have no code.
        if (answer?.code && !AGAIN.has(answer.code)) {
          const outcome = isUnsure ? 'unknown' : { refused: answer.code };
          return { outcome, lasting: outcome, body: null };
        }
        isUnsure ||= answer?.code !== 'RATE_LIMITED' && answer?.code !== 'UNAVAILABLE';
        await this.pause();
      }
      return { outcome: 'unknown', lasting: 'unknown', body: null };
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
