import { type Clock, systemClock, type Timer } from '@gongu/host';
import { endsMembershipOf } from '../check/system-event.ts';
import { sayByHttp } from '../line/http.ts';
import type { Call, Line, LineEnd, LineHandlers, Protocol } from '../line/line.ts';
import type { Random } from '../random.ts';
import { describeParticipant, type Participant, type ParticipantOptions, type Standing } from './participant.ts';
import { createRecord } from './record.ts';

export interface TalkerOptions extends ParticipantOptions {
  readonly protocol: Protocol;
  readonly random: Random;
  readonly patience?: Partial<Patience>;
  readonly clock?: Clock;
  /** Anything that came, where it was a text. */
  readonly onText?: (text: string) => void;
}

/** How long a talker waits, milliseconds. */
export interface Patience {
  /** Without any sign of life, a connection counts as dead. @default 9_000 */
  readonly silentMs: number;
  /** Without an answer, what was said is said again. @default 5_000 */
  readonly answerMs: number;
  /** Without having joined, a connection is given up. @default 12_000 */
  readonly joinMs: number;
  /** Bound of any wait before a return; the first one's is 500. @default 4_000 */
  readonly returnMs: number;
}

/** Somebody of whom one may ask for a text of one's own. */
export interface Talker extends Participant {
  sayText(content: string): void;
}

/** Answers after which the same is asked again. */
const AGAIN = new Set(['UNAVAILABLE', 'UNKNOWN_OUTCOME', 'INTERNAL', 'RATE_LIMITED', 'TOKEN_EXPIRED', 'CONFLICT']);
/** A room that is not there yet comes with trade's outbox. */
const JOIN_AGAIN = new Set([...AGAIN, 'NOT_FOUND']);
const LOOK_MS = 1_000;
const PATIENCE: Patience = { silentMs: 9_000, answerMs: 5_000, joinMs: 12_000, returnMs: 4_000 };

/**
 * A client as docs/protocol.md asks for one, in any protocol: comes back with the last `seq` that it has, and says
 * again, under the same id, what was not answered. Writes everything down and judges nothing.
 */
export function startTalker(options: TalkerOptions): Talker {
  const { client, userId, roomId, url, token, secret, protocol, random, clock = systemClock, onText } = options;
  const { silentMs, answerMs, joinMs, returnMs } = { ...PATIENCE, ...options.patience };
  const record = createRecord({ ...options, clock });
  const saidAt = new Map<string, number>();
  const standing: Standing = { place: 'away', refusal: null, skewMs: 0 };
  let line: Line | null = null;
  /** Gives up the connection of the moment. */
  let drop: (reason: string) => void = () => {};
  let aliveAt = 0;
  let openedAt = 0;
  let failures = 0;
  let pausedUntil = 0;
  let again: Timer | undefined;
  const watch = clock.setInterval(look, LOOK_MS);

  function callFor(handlers: LineHandlers): Call {
    return { url, token: token(), userId, roomId, after: () => record.lastSeq, nowMs, random, handlers, secret };
  }

  function nowMs(): number {
    return clock.now() + standing.skewMs;
  }

  function connect(): void {
    record.connecting();
    openedAt = aliveAt = clock.monotonic();
    // What the line before says late does not count.
    let current: Line | null = null;
    let over = false;
    const whileOpen =
      <T extends unknown[]>(then: (...args: T) => void) =>
      (...args: T) => {
        if (over || standing.place === 'over') return;
        aliveAt = clock.monotonic();
        then(...args);
      };
    const finish = (reason: string, { code, waitMs }: LineEnd = {}) => {
      if (over) return;
      over = true;
      current?.end();
      lost(reason, code, waitMs);
    };
    drop = finish;
    current = protocol.dial(
      callFor({
        onAlive: whileOpen((text?: string) => {
          if (text !== undefined) onText?.(text);
        }),
        onJoined: whileOpen(joined),
        onMessage: whileOpen((message) => {
          record.received(message);
          if (endsMembershipOf(message, userId)) {
            standing.place = 'out';
            standing.refusal = 'REMOVED';
          }
        }),
        onRestarted: whileOpen(record.restarted),
        onResync: whileOpen(record.resynced),
        onAck: whileOpen(record.acked),
        onRefused: whileOpen((id, code, retryAfterMs) => {
          if (id !== null) return refused(id, code, retryAfterMs);
          if (JOIN_AGAIN.has(code)) return finish(code, { waitMs: retryAfterMs ?? 500 });
          record.refused(null, code);
          standing.place = 'out';
          standing.refusal = code;
          finish(code);
        }),
        onOver: whileOpen(finish),
      }),
    );
    if (over) current.end();
    else line = current;
  }

  function joined(): void {
    if (standing.place === 'out') return;
    record.joined();
    standing.place = 'in';
    failures = 0;
    for (const saying of record.pending.values()) send(saying);
  }

  function send(saying: { id: string; content: string; mentions?: readonly string[] | undefined }): void {
    if (standing.place !== 'in' || clock.monotonic() < pausedUntil) return;
    record.said(saying);
    saidAt.set(saying.id, clock.monotonic());
    line?.say(saying.id, saying.content, saying.mentions);
  }

  function refused(id: string, code: string, retryAfterMs = 500): void {
    if (AGAIN.has(code)) {
      pausedUntil = clock.monotonic() + retryAfterMs;
      saidAt.set(id, clock.monotonic() - answerMs); // its turn comes with the next look
    } else if (record.pending.has(id)) record.refused(id, code);
  }

  function lost(reason: string, code?: number, waitMs = 0): void {
    line = null;
    record.lost(reason, code);
    if (standing.place === 'out' || standing.place === 'over') return;
    standing.place = 'away';
    failures += 1;
    const boundMs = Math.min(returnMs, 250 * 2 ** Math.min(failures, 6));
    again = clock.setTimeout(connect, waitMs + random.next() * boundMs);
  }

  /** Once a second: whether the connection lives, and what is still without an answer. */
  function look(): void {
    if (!line) return;
    const now = clock.monotonic();
    const dead = now - aliveAt > silentMs || (standing.place === 'away' && now - openedAt > joinMs);
    if (dead) return drop('silent');
    line.ping();
    for (const saying of record.pending.values()) {
      if (now - (saidAt.get(saying.id) ?? 0) >= answerMs) send(saying);
    }
  }

  connect();
  const { name, hidesChanges } = protocol;
  const told = describeParticipant({ client, userId, roomId, protocol: name, record, standing, hidesChanges });
  return Object.assign(told, {
    say(characters: number, mentions?: readonly string[]) {
      if (standing.place === 'over' || standing.place === 'out') return;
      send(record.compose(characters, hidesChanges ? undefined : mentions));
    },
    sayText(content: string) {
      if (standing.place === 'over' || standing.place === 'out') return;
      send(record.enter(content));
    },
    async resolve() {
      if (protocol.answers && standing.place !== 'out') return;
      const handlers = { onAck: record.acked, onRefused: refused } as LineHandlers;
      for (const saying of [...record.pending.values()]) {
        if (clock.monotonic() < pausedUntil) return;
        record.said(saying);
        await sayByHttp(callFor(handlers), saying.id, saying.content, saying.mentions);
      }
    },
    leave() {
      standing.place = 'over';
      clock.clear(watch);
      clock.clear(again);
      line?.end();
      line = null;
    },
  });
}
