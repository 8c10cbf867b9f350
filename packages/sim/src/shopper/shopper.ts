import { type Clock, systemClock, type Timer } from '@gongu/host';
import type { Event, EventOf, Message } from '@gongu/shared';
import type { Ledger, Saying } from '../check/ledger.ts';
import { endsMembershipOf } from '../check/system-event.ts';
import { createOutbox } from './outbox.ts';
import { createReturningSocket } from './returning-socket.ts';
import { createSequence, type Next, type Way } from './sequence.ts';
import { createWaiters } from './waiters.ts';

/**
 * `away`: without a connection that serves. `entering`: the join is not answered. `in`: has the room. `refused`: the
 * join was refused. `out`: left, or was removed. `over`: closed, by us or for good by the server.
 */
export type Place = 'away' | 'entering' | 'in' | 'refused' | 'out' | 'over';

export interface ShopperOptions {
  readonly userId: string;
  /** Asked before each connection. */
  readonly token: () => string;
  /** `ws://…/ws`, tried in turn. */
  readonly urls: readonly string[];
  readonly ledger: Ledger;
  /** Where the first join begins; null: with the newest page. @default 0 */
  readonly after?: number | null;
  readonly observe?: ShopperObserver;
  readonly clock?: Clock;
  readonly random?: () => number;
  /** Bound of the wait before the first return. @default 500 */
  readonly firstReturnMs?: number;
  /** Bound of any wait before a return. @default 5_000 */
  readonly mostReturnMs?: number;
}

export interface ShopperObserver {
  /** Every frame, as it came. */
  onFrame?(frame: Event): void;
  /** Milliseconds from saying something to its acknowledgement. */
  onAcknowledged?(ms: number): void;
  /** Milliseconds from somebody else's saying something to its being here; live messages only. */
  onReceived?(ms: number): void;
  /** Milliseconds from beginning to connect to having the room. */
  onJoined?(ms: number): void;
}

/**
 * A client of one room as docs/protocol.md asks for: comes back after each loss as the close codes say, joins with the
 * last `seq` it has, sends again what was not acknowledged under the same `clientMessageId`. Beside that it checks
 * everything it gets; what is wrong goes to the faults of its ledger.
 */
export function startShopper(options: ShopperOptions) {
  const { userId, token, urls, ledger, after = 0, observe = {}, clock = systemClock, random = Math.random } = options;
  const { roomId, faults } = ledger;
  const waiters = createWaiters();
  const counts = { connections: 0, losses: 0, reconnects: 0, resyncs: 0, recovered: 0, received: 0 };
  let place: Place = 'away';
  let refusal: string | null = null;
  let wanted = true;
  let joining = false;
  let serving = false;
  let beganAtMs = ledger.nowMs();
  let lastLoss = '';
  let again: Timer | undefined;

  const sequence = createSequence({ who: userId, ledger, after, onTaken: taken });
  const outbox = createOutbox({
    who: userId,
    ledger,
    clock,
    send: ({ clientMessageId, content }) =>
      line.send({ type: 'send', ref: clientMessageId, roomId, clientMessageId, content }),
    onAcknowledged: (ms) => observe.onAcknowledged?.(ms),
  });
  const line = createReturningSocket({
    urls,
    clock,
    random,
    firstReturnMs: options.firstReturnMs ?? 500,
    mostReturnMs: options.mostReturnMs ?? 5_000,
    onOpen: () => line.send({ type: 'auth', ref: 'auth', token: token() }),
    onFrame(frame) {
      if (place === 'over') return;
      observe.onFrame?.(frame);
      apply(frame);
      waiters.look();
    },
    onUnreadable: (text) => faults.add('protocol', `${userId}: got what is no frame: ${text.slice(0, 80)}`),
    onLost(reason) {
      counts.losses += 1;
      lastLoss = reason;
      disconnected();
      if (place === 'in' || place === 'entering') place = 'away';
      beganAtMs = ledger.nowMs();
      waiters.look();
    },
    onEnded(reason) {
      faults.add('protocol', `${userId}: sent away for good: ${reason}`);
      disconnected();
      place = 'over';
      waiters.look();
    },
  });

  function disconnected(): void {
    sequence.unsubscribed();
    outbox.closed();
    clock.clear(again);
    joining = false;
    serving = false;
  }

  function apply(frame: Event): void {
    if ('roomId' in frame && frame.roomId !== undefined && frame.roomId !== roomId) {
      return faults.add('protocol', `${userId}: got ${frame.type} of the room ${frame.roomId}`);
    }
    switch (frame.type) {
      case 'ready':
        if (serving) return; // a renewed token
        serving = true;
        counts.connections += 1;
        line.serves(frame.heartbeatMs);
        // Who is no member any more would become one again by joining.
        if (wanted) join();
        else outbox.opened();
        return;
      case 'joined':
        return joined(frame);
      case 'page':
        return follow(sequence.page(frame));
      case 'message':
        return follow(sequence.message(frame));
      case 'head':
        return follow(sequence.head(frame.seq));
      case 'resync':
        counts.resyncs += 1;
        return follow(sequence.resync(frame.afterSeq));
      case 'ack':
        return outbox.acked(frame);
      case 'reconnect':
        counts.reconnects += 1;
        return line.returnAfter(frame.afterMs);
      case 'token.expiring':
        return line.send({ type: 'auth', ref: 'auth', token: token() });
      case 'ok':
        if (frame.ref === 'leave') left();
        return;
      case 'error':
        return failed(frame);
    }
  }

  function join(): void {
    joining = true;
    if (place !== 'in') place = 'entering';
    const since = sequence.ask();
    line.send({ type: 'join', ref: 'join', roomId, ...(since === null ? {} : { after: since }) });
  }

  function joined(frame: EventOf<'joined'>): void {
    joining = false;
    const next = sequence.joined(frame);
    if (place !== 'in') observe.onJoined?.(ledger.nowMs() - beganAtMs);
    // After the messages: an earlier end of this membership may be among them.
    place = 'in';
    follow(next);
    outbox.opened();
  }

  function follow(next: Next): void {
    if (next === 'join' && !joining && wanted) join();
    if (next === 'page') line.send({ type: 'history', ref: 'page', roomId, after: sequence.lastSeq, limit: 100 });
  }

  function failed(frame: EventOf<'error'>): void {
    const { ref, code, retryAfterMs = 500 } = frame;
    if (outbox.refused(frame)) return;
    if (ref === 'page') {
      again = clock.setTimeout(() => follow('page'), retryAfterMs);
      return;
    }
    if (ref !== 'join') return faults.add('protocol', `${userId}: ${code} ${frame.message}`);
    joining = false;
    if (code === 'RATE_LIMITED' || code === 'UNAVAILABLE' || code === 'UNKNOWN_OUTCOME' || code === 'INTERNAL') {
      again = clock.setTimeout(join, retryAfterMs);
      return;
    }
    place = 'refused';
    refusal = code;
    wanted = false;
    outbox.opened();
  }

  function left(): void {
    sequence.unsubscribed();
    place = 'out';
    wanted = false;
  }

  function taken(message: Message, way: Way): void {
    const { kind, seq } = message;
    if (way === 'recovered') counts.recovered += 1;
    else counts.received += 1;
    if (kind === 'SYSTEM') {
      if (endsMembershipOf(message, userId)) {
        place = 'out';
        wanted = false;
      }
      return;
    }
    if (place === 'out' && way === 'live') faults.add('protocol', `${userId}: got ${seq} after his membership ended`);
    const saying = message.clientMessageId === null ? undefined : ledger.sayings.get(message.clientMessageId);
    if (saying && saying.userId !== userId && way === 'live') observe.onReceived?.(ledger.nowMs() - saying.saidAtMs);
  }

  const shopper = {
    userId,
    ledger,
    counts: counts as Readonly<typeof counts>,
    get place() {
      return place;
    },
    /** Why the join was refused. */
    get refusal() {
      return refusal;
    },
    get firstSeq() {
      return sequence.firstSeq;
    },
    /** The newest message that is here; everything since `firstSeq` is. */
    get lastSeq() {
      return sequence.lastSeq;
    },
    get unanswered() {
      return outbox.unanswered;
    },
    get acknowledgements() {
      return outbox.acknowledgements;
    },
    /** All that was said, in its order. */
    sayings: outbox.sayings,
    /** How the last connection was lost. */
    get lastLoss() {
      return lastLoss;
    },

    /** Says something: at once, or when the room can be reached. */
    say(content: string, more?: { saidAtMs?: number; mayBeRefused?: boolean }): Saying {
      const saying = ledger.say(userId, content, more);
      outbox.add(saying);
      return saying;
    },
    /** Whether somebody's saying is here. */
    has: ({ seenAs }: Saying) => seenAs !== null && seenAs >= (sequence.firstSeq ?? 1) && seenAs <= sequence.lastSeq,
    typing: (typing: boolean) => line.send({ type: 'typing', roomId, typing }),
    /** Joins again after a refusal, or after the membership has ended. */
    enter(): void {
      refusal = null;
      wanted = true;
      beganAtMs = ledger.nowMs();
      if (place === 'out' || place === 'refused') join();
    },
    /** Ends the membership. */
    leave: () => line.send({ type: 'leave', ref: 'leave', roomId }),
    /** Loses the connection, without a word to anybody. */
    cut: () => line.cut(),
    /** Fulfilled as soon as it holds. @throws Error with the state of things when time is up */
    until(what: string, holds: () => boolean, timeoutMs = 10_000): Promise<void> {
      const state = () =>
        `${userId}: no ${what} in ${timeoutMs} ms (${place}, at ${sequence.lastSeq}, ${outbox.unanswered} unanswered)`;
      return waiters.until(holds, timeoutMs, state);
    },
    /** Goes away for good. */
    close(): void {
      if (place === 'over') return;
      place = 'over';
      disconnected();
      line.close();
      waiters.look();
    },
  };
  return shopper;
}

export type Shopper = ReturnType<typeof startShopper>;
