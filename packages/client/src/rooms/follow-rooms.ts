import { CLOSE, mayReturn } from '@gongu/shared';
import { type ChatError, chatError } from '../chat-error.ts';
import type { Clock } from '../clock.ts';
import { backoffMs } from '../connection/backoff.ts';
import { readClaims } from '../connection/claims.ts';
import { renewalDelayMs } from '../connection/renewal.ts';
import type { TokenSource } from '../connection/token-source.ts';
import type { Signals } from '../signals.ts';
import type { Store } from '../store.ts';
import { openSseStream, type SseEvent } from '../transport/sse-stream.ts';
import { type RoomListEvent, reduceRoomList } from './reduce-room-list.ts';
import type { RoomListSnapshot } from './room-list.ts';

export interface FollowRoomsOptions {
  /** `https://…`, without a slash at the end. */
  readonly url: string;
  readonly tokens: TokenSource;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  /** 0 ≤ n < 1. */
  readonly random: () => number;
  readonly signals: Signals;
}

/** What the stream tells of itself. */
type StreamEvent =
  | { readonly type: 'token.expiring'; readonly expiresAt: string }
  | { readonly type: 'reconnect'; readonly afterMs: number }
  | ({ readonly type: 'error' } & ChatError)
  | { readonly type: 'closed'; readonly code: number; readonly reason: string };

/** Milliseconds after which a stream counts as stable: shorter ones do not take the waiting times back to the first. */
const STABLE_MS = 10_000;
/** Milliseconds before a token's end from which no other one is asked for any more. */
const AGAIN_MIN_MS = 2_000;

/**
 * Follows all of a user's rooms by the one stream that carries them, and comes back to it: with full jitter, or when the
 * server says; with a new token before the old one ends. Each opening tells all, so nothing has to be remembered.
 */
export function followRooms(
  options: FollowRoomsOptions,
  store: Store<RoomListSnapshot>,
  refresh: boolean,
): { close(): void } {
  const { tokens, clock, random, signals } = options;
  /** Grows with every opening and end, so that answers to earlier ones are known as such. */
  let turn = 0;
  let stream: { close(): void } | null = null;
  let attempt = 0;
  /** A token that is at its end: another is needed. */
  let ended = refresh ? tokens.current : null;
  let cancelWait = () => {};
  let cancelRenewal = () => {};
  let mayHurry = false;
  /** Since when there has been a stream that tells something; infinite while there is none. */
  let liveSinceMs = Number.POSITIVE_INFINITY;

  async function open(): Promise<void> {
    cancelWait();
    cancelRenewal();
    mayHurry = false;
    const mine = ++turn;
    const present = tokens.current;
    const isCached = present !== null && present !== ended;
    const token = isCached ? { ok: true as const, value: present } : await tokens.get(ended !== null);
    if (mine !== turn) return;
    if (!token.ok) return token.error.code === 'UNAUTHENTICATED' ? stay(token.error) : wait(token.error);
    let reason: ChatError | null = null;
    const openedAtMs = clock.now();
    stream?.close();
    stream = openSseStream({
      url: `${options.url}/api/chat/events`,
      token: token.value,
      fetch: options.fetch,
      clock,
      onEvent: onBlock,
      onAlive() {},
      onEnd(status, problem) {
        const error = problem ?? reason ?? chatError('CONNECTION_LOST', `The stream of rooms ended with ${status}`);
        if (status === 401 && error.code === 'TOKEN_EXPIRED') {
          ended = token.value;
          if (isCached) return void open();
        } else if (status >= 400 && status < 500 && status !== 408 && status !== 429) return stay(error);
        wait(error);
      },
    });

    function onBlock({ type, data }: SseEvent): void {
      try {
        onEvent({ ...(JSON.parse(data) as object), type } as RoomListEvent | StreamEvent);
      } catch {
        // No JSON: not ours.
      }
    }

    function onEvent(event: RoomListEvent | StreamEvent): void {
      switch (event.type) {
        case 'token.expiring': {
          const endMs = Date.parse(event.expiresAt);
          const lifeMs = (token.ok ? (readClaims(token.value)?.expiresAtMs ?? endMs) : endMs) - openedAtMs;
          const delayMs = renewalDelayMs(endMs - clock.now(), lifeMs);
          const old = token.ok ? token.value : null;
          cancelRenewal();
          if (delayMs > 0) cancelRenewal = clock.after(delayMs, () => void renew(mine, old, endMs));
          else void renew(mine, old, endMs);
          return;
        }
        case 'reconnect':
          return wait(chatError('CONNECTION_LOST', 'The server asked to come again'), event.afterMs);
        case 'error':
          reason = chatError(event.code, event.message, event);
          return;
        case 'closed': {
          const error = reason ?? chatError('CONNECTION_LOST', `Closed with ${event.code} ${event.reason}`);
          if (event.code === CLOSE.tokenExpired) ended = token.ok ? token.value : null;
          return mayReturn(event.code) ? wait(error) : stay(error);
        }
        case 'rooms':
          liveSinceMs = Math.min(liveSinceMs, clock.monotonic());
      }
      store.set(reduceRoomList(store.get(), event));
    }
  }

  /** A stream with a fresh token in place of the living one. Without such a token, the server ends the stream in time. */
  async function renew(mine: number, old: string | null, endMs: number): Promise<void> {
    if (mine !== turn) return;
    ended = old;
    if (tokens.current === ended) await tokens.get(true);
    if (mine !== turn) return;
    // One that ends no later would be told so again at once, over and over.
    const present = tokens.current === ended ? null : tokens.current;
    if (present !== null && (readClaims(present)?.expiresAtMs ?? Number.POSITIVE_INFINITY) > endMs) return open();
    const leftMs = endMs - clock.now();
    if (leftMs > AGAIN_MIN_MS) cancelRenewal = clock.after(leftMs / 2, () => void renew(mine, tokens.current, endMs));
  }

  function wait(error: ChatError, orderedMs: number | null = null): void {
    // It was there for a while: the next failure waits the shortest time again.
    if (clock.monotonic() - liveSinceMs >= STABLE_MS) attempt = 0;
    end();
    const delayMs = orderedMs ?? Math.max(error.retryAfterMs ?? 0, backoffMs(attempt, { random }));
    attempt++;
    mayHurry = orderedMs === null && error.retryAfterMs === undefined;
    store.set({ ...store.get(), status: 'waiting', error });
    cancelWait = clock.after(delayMs, () => void open());
  }

  function stay(error: ChatError): void {
    end();
    store.set({ ...store.get(), status: 'closed', error });
  }

  function end(): void {
    turn++;
    mayHurry = false;
    liveSinceMs = Number.POSITIVE_INFINITY;
    cancelWait();
    cancelRenewal();
    stream?.close();
    stream = null;
  }

  // Back in the foreground, or on the network again: no need to wait, unless the server asked for it.
  const unlisten = signals.listen((signal) => {
    if (!mayHurry || (signal !== 'online' && signal !== 'visible')) return;
    attempt = Math.min(attempt, 1);
    void open();
  });
  void open();
  return {
    close() {
      unlisten();
      end();
    },
  };
}
