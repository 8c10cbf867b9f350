// Over 300 lines: the connection that returns, from a token to its loss, in one place; what stands by itself is beside it.
import { CLOSE, type Event, type EventOf, LIMITS, mayReturn } from '@gongu/shared';
import { type ChatError, chatError } from '../chat-error.ts';
import type { Clock } from '../clock.ts';
import type { Signal, Signals } from '../signals.ts';
import { createStore, type Store } from '../store.ts';
import type { Transport } from '../transport/transport.ts';
import { backoffMs } from './backoff.ts';
import { readClaims } from './claims.ts';
import type { ConnectionState } from './connection-state.ts';
import { createLink, type Link, type LinkEnd } from './link.ts';
import { renewalDelayMs } from './renewal.ts';
import type { TokenSource } from './token-source.ts';

export interface ConnectionOptions {
  /** Best first; the others are used where the best is blocked. At least one. */
  readonly transports: readonly Transport[];
  readonly tokens: TokenSource;
  readonly clock: Clock;
  /** 0 ≤ n < 1. */
  readonly random: () => number;
  readonly signals: Signals;
  /** Authenticated on a new link, which may take the place of one that still works. */
  readonly onReady: (event: EventOf<'ready'>) => void;
  readonly onEvent: (event: Event) => void;
  /** There is no link any more. */
  readonly onLost: () => void;
}

/** The connection that returns. */
export interface Connection {
  readonly state: Store<ConnectionState>;
  /** The link, when it is ready. */
  readonly link: Link | null;
  /** Connects and keeps connected. Does nothing when that is under way; after `closed` it tries anew. */
  start(): void;
  stop(): void;
}

/** Milliseconds after which a connection counts as stable: shorter ones do not take the waiting times back to the first. */
const STABLE_MS = 10_000;
/** Milliseconds until the best transport is tried again from a lesser one; doubles with each failure up to the second. */
const UPGRADE_MS = 30_000;
const UPGRADE_CAP_MS = 600_000;
/** Milliseconds before a token's end from which no other one is asked for any more. */
const AGAIN_MIN_MS = 2_000;

export function createConnection(options: ConnectionOptions): Connection {
  const { transports, tokens, clock, random, signals } = options;
  const state = createStore<ConnectionState>(
    {
      status: 'idle',
      online: signals.online(),
      transport: null,
      user: null,
      retryAtMs: null,
      attempt: 0,
      error: null,
      clockOffsetMs: 0,
      ...{ contentChars: LIMITS.contentChars, editWindowS: null, isAdmin: false },
    },
    clock,
  );
  const best = transports[0]!;
  /** Grows with every start, stop and try, so that answers to earlier ones are known as such. */
  let turn = 0;
  let wanted = false;
  let link: Link | null = null;
  let candidate: Link | null = null;
  let readyAtMs = 0;
  let attempt = 0;
  let failures = 0;
  let bestHasWorked = false;
  let upgradeMs = UPGRADE_MS;
  let cancelWait = () => {};
  let cancelUpgrade = () => {};
  let mayHurry = false;
  let needsFreshToken = false;
  /** A token that the server takes no longer. */
  let revoked: string | null = null;
  let cancelRenewal = () => {};
  /** The link's token, how long it lives, and the end for which another one is being asked for. */
  let used = '';
  let lifeMs = 0;
  let renewedFor = 0;
  let unlisten = () => {};

  function change(part: Partial<ConnectionState>): void {
    state.set({ ...state.get(), ...part });
  }

  async function open(): Promise<void> {
    cancelWait();
    const mine = ++turn;
    change({ status: 'connecting', retryAtMs: null, attempt });
    const token = await tokens.get(needsFreshToken);
    if (mine !== turn) return;
    if (!token.ok) return token.error.code === 'UNAUTHENTICATED' ? stay(token.error) : wait(token.error, null);
    // The application has no other one: it would be refused for ever.
    if (token.value === revoked) return stay(chatError('TOKEN_REVOKED', 'The token was revoked; sign in again'));
    let wasReady = false;
    used = token.value;
    link = createLink({
      transport: nextTransport(),
      token: token.value,
      clock,
      onReady(event) {
        if (wasReady) return welcome(event);
        wasReady = true;
        established(link!, event);
      },
      onEvent: handle,
      onClosed: (end) => closed(end, wasReady),
    });
  }

  /** The best one, and in between the others: where a proxy swallows WebSockets there is no telling why one failed. */
  function nextTransport(): Transport {
    if (transports.length === 1) return best;
    const every = bestHasWorked ? 3 : 2;
    if (failures % every !== every - 1) return best;
    return transports[1 + (Math.floor(failures / every) % (transports.length - 1))]!;
  }

  function welcome({ user, serverTime, tokenExpiresAt, limits }: EventOf<'ready'>): void {
    lifeMs = Date.parse(tokenExpiresAt) - Date.parse(serverTime);
    change({
      status: 'ready',
      transport: link!.transport,
      user,
      error: null,
      clockOffsetMs: Date.parse(serverTime) - clock.now(),
      contentChars: limits.contentChars,
      editWindowS: limits.editWindowS ?? null,
      isAdmin: readClaims(used)?.isAdmin ?? false,
    });
  }

  function established(next: Link, event: EventOf<'ready'>): void {
    link = next;
    readyAtMs = clock.monotonic();
    failures = 0;
    needsFreshToken = false;
    welcome(event);
    if (next.transport === best.name) {
      bestHasWorked = true;
      upgradeMs = UPGRADE_MS;
    } else planUpgrade();
    options.onReady(event);
  }

  function handle(event: Event): void {
    if (event.type === 'token.expiring') expiring(Date.parse(event.expiresAt));
    else options.onEvent(event);
  }

  function expiring(endMs: number): void {
    // Several streams may tell of the same end.
    if (endMs === renewedFor) return;
    renewedFor = endMs;
    cancelRenewal();
    const delayMs = renewalDelayMs(endMs - clock.now() - state.get().clockOffsetMs, lifeMs);
    if (delayMs > 0) cancelRenewal = clock.after(delayMs, () => void renew(endMs));
    else void renew(endMs);
  }

  /**
   * A token that ends later, on the living connection. While there is none, it is asked for again now and then: the old
   * one is good until its end. Then the server closes, and that is dealt with there.
   */
  async function renew(endMs: number): Promise<void> {
    const mine = turn;
    const token = await tokens.get(true);
    if (mine !== turn) return;
    const value = token.ok ? token.value : used;
    const isLater = value !== used && (readClaims(value)?.expiresAtMs ?? Number.POSITIVE_INFINITY) > endMs;
    if (isLater) {
      used = value;
      return link?.tell({ type: 'auth', token: value });
    }
    const leftMs = endMs - clock.now() - state.get().clockOffsetMs;
    if (leftMs > AGAIN_MIN_MS) cancelRenewal = clock.after(leftMs / 2, () => void renew(endMs));
  }

  function closed({ code, reason, error, returnAfterMs }: LinkEnd, wasReady: boolean): void {
    link = null;
    cancelUpgrade();
    cancelRenewal();
    renewedFor = 0;
    candidate?.close();
    candidate = null;
    if (wasReady) {
      if (clock.monotonic() - readyAtMs >= STABLE_MS) attempt = 0;
      options.onLost();
    } else failures++;
    const why = error ?? chatError('CONNECTION_LOST', `The connection closed with ${code} ${reason}`);
    if (code === CLOSE.tokenExpired) needsFreshToken = true;
    if (why.code === 'TOKEN_REVOKED') revoked = used;
    if (!mayReturn(code)) stay(why);
    else wait(why, returnAfterMs);
  }

  function wait(error: ChatError, orderedMs: number | null): void {
    // Where a server that is full could say when to come again, that is when; a refused upgrade of a browser can't.
    const delayMs = orderedMs ?? Math.max(error.retryAfterMs ?? 0, backoffMs(attempt, { random }));
    attempt++;
    mayHurry = orderedMs === null;
    change({ status: 'waiting', transport: null, retryAtMs: clock.now() + delayMs, attempt, error });
    const cancel = clock.after(delayMs, () => void open());
    cancelWait = () => {
      cancel();
      cancelWait = () => {};
      mayHurry = false;
    };
  }

  function stay(error: ChatError): void {
    change({ status: 'closed', transport: null, retryAtMs: null, error });
  }

  function planUpgrade(): void {
    cancelUpgrade();
    cancelUpgrade = clock.after(upgradeMs, () => void upgrade());
  }

  /** Tries the best transport beside the working one, and changes over only when it is ready. */
  async function upgrade(): Promise<void> {
    const mine = turn;
    const token = await tokens.get(false);
    if (mine !== turn || !link) return;
    if (!token.ok) return planUpgrade();
    let wasReady = false;
    const trial: Link = createLink({
      transport: best,
      token: token.value,
      clock,
      onReady(event) {
        if (wasReady) return welcome(event);
        wasReady = true;
        const old = link;
        candidate = null;
        turn++;
        cancelRenewal();
        renewedFor = 0;
        used = token.value;
        // What was asked on the old one fails, and is asked again on the new one.
        old?.close();
        options.onLost();
        established(trial, event);
      },
      onEvent: handle,
      onClosed(end) {
        if (wasReady) return closed(end, true);
        candidate = null;
        upgradeMs = Math.min(upgradeMs * 2, UPGRADE_CAP_MS);
        planUpgrade();
      },
    });
    candidate = trial;
  }

  function signalled(signal: Signal): void {
    const online = signals.online();
    if (online !== state.get().online) change({ online });
    if (signal === 'hidden') return;
    if (link) link.probe();
    // Back in the foreground, or on the network again: no need to wait, unless the server asked for it.
    else if (mayHurry && signal !== 'offline') {
      attempt = Math.min(attempt, 1);
      void open();
    }
  }

  return {
    state,
    get link() {
      return link?.isReady ? link : null;
    },
    start() {
      const { status } = state.get();
      if (wanted && status !== 'closed') return;
      if (!wanted) unlisten = signals.listen(signalled);
      wanted = true;
      attempt = 0;
      // What was refused once would be again.
      needsFreshToken ||= status === 'closed';
      void open();
    },
    stop() {
      if (!wanted) return;
      wanted = false;
      turn++;
      unlisten();
      cancelWait();
      cancelUpgrade();
      cancelRenewal();
      candidate?.close();
      candidate = null;
      const old = link;
      link = null;
      old?.close();
      change({ status: 'idle', transport: null, retryAtMs: null });
      options.onLost();
    },
  };
}
