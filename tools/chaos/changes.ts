import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, type Change, callAs, type Mark, type Participant, type Received } from '@gongu/sim';
import type { ChaosSystem } from './system/chaos-system.ts';

export interface ChangesOptions {
  readonly system: Pick<ChaosSystem, 'auth' | 'chatUrl'>;
  /** Nobody asks any more. */
  readonly stopping: AbortSignal;
}

/** A message that is changed now and then, one time after the other. */
interface Target {
  text: string;
  version: number;
  isBusy: boolean;
  /** Deleted, or nobody knows how it is. */
  isOver: boolean;
  times: number;
}

const ANSWER_MS = 6_000;
const AGAIN_MS = 700;
/** Longer than any fault lasts. */
const TRIES = 60;
/** Of the messages that somebody has said, he changes one of the last ones. */
const RECENT = 12;
const AGAIN = new Set(['UNAVAILABLE', 'UNKNOWN_OUTCOME', 'INTERNAL', 'RATE_LIMITED']);

/** People who edit and delete what they have said, by HTTP, and ask until they are answered. */
export function createChanges({ system, stopping }: ChangesOptions) {
  const { auth, chatUrl } = system;
  const changes: Change[] = [];
  const targets = new Map<string, Target>();
  const underWay = new Set<Promise<void>>();
  const marks: Mark[] = [];
  /** What was asked for last, of each user and emoji; null: there is no answer yet. */
  const marked = new Map<string, boolean | null>();

  function ask(
    userId: string,
    url: string,
    body: object | undefined,
    method = body ? 'PATCH' : 'DELETE',
  ): Promise<Answer<{ version?: number } | null>> {
    const token = auth.signUser({ userId, nickname: userId }, 3_600);
    const signal = AbortSignal.any([stopping, AbortSignal.timeout(ANSWER_MS)]);
    return callAs({ token, method, url, body, signal });
  }

  /** Asks until there is an answer, whichever: the same once more is no other row. */
  async function put(by: string, url: string, on: boolean): Promise<Mark['outcome']> {
    let isUnsure = false;
    for (let i = 0; i < TRIES && !stopping.aborted; i++) {
      const answer = await ask(by, url, undefined, on ? 'PUT' : 'DELETE').catch(() => null);
      if (answer && answer.status < 300) return isUnsure ? 'unknown' : 'done';
      if (answer?.code && !AGAIN.has(answer.code)) return isUnsure ? 'unknown' : { refused: answer.code };
      isUnsure ||= answer?.code !== 'RATE_LIMITED' && answer?.code !== 'UNAVAILABLE';
      await sleep(AGAIN_MS, undefined, { signal: stopping }).catch(() => {});
    }
    return 'unknown';
  }

  /** Makes a mark where there is none, and takes it back where it was the last that was asked for. */
  function mark(fields: Pick<Mark, 'roomId' | 'seq' | 'userId' | 'emoji'>): void {
    const { roomId, seq, userId, emoji } = fields;
    const key = `${roomId}:${seq} ${emoji === null ? '' : `${emoji} ${userId}`}`;
    const before = marked.get(key) ?? (marked.has(key) ? null : false);
    if (before === null) return;
    const on = !before;
    marked.set(key, null);
    const room = `${chatUrl}/api/chat/rooms/${roomId}`;
    const url =
      emoji === null ? `${room}/pins/${seq}` : `${room}/messages/${seq}/reactions/${encodeURIComponent(emoji)}`;
    const running = put(userId, url, on).then((outcome) => {
      marked.set(key, outcome === 'done' || outcome === 'unknown' ? on : before);
      marks.push({ ...fields, on, outcome });
      underWay.delete(running);
    });
    underWay.add(running);
  }

  /** One of the last messages that somebody has said and got back. */
  function recent({ userId, record }: Participant, which: number): Received | undefined {
    const own = record.entries.flatMap((entry) =>
      entry.kind === 'received' && entry.message.kind === 'CHAT' && entry.message.sender === userId
        ? [entry.message]
        : [],
    );
    const said = own.slice(-RECENT);
    return said[Math.floor(which * said.length)];
  }

  /** @param by who asks: the sender, or the room's host */
  async function change(userId: string, by: string, roomId: string, seq: number, target: Target, isEdit: boolean) {
    const before = target.text;
    target.times += 1;
    const content = isEdit ? `${before.slice(0, 60)} edited-${userId}-${seq}-${target.times}` : null;
    const body = content === null ? undefined : { content, ifVersion: target.version };
    const url = `${chatUrl}/api/chat/rooms/${roomId}/messages/${seq}`;
    let isUnsure = false;
    let outcome: Change['outcome'] | null = null;
    for (let i = 0; i < TRIES && outcome === null && !stopping.aborted; i++) {
      const answer = await ask(by, url, body).catch(() => null);
      if (answer && answer.status < 300) {
        outcome = 'done';
        target.text = content ?? '';
        target.version = answer.body?.version ?? target.version;
      } else if (answer?.code && !AGAIN.has(answer.code)) {
        // Refused, but for an earlier try whose answer was lost.
        outcome = isUnsure ? 'unknown' : { refused: answer.code };
      } else {
        // Balancers' own pages have no code.
        isUnsure ||= answer?.code !== 'RATE_LIMITED' && answer?.code !== 'UNAVAILABLE';
        await sleep(AGAIN_MS, undefined, { signal: stopping }).catch(() => {});
      }
    }
    const told = outcome ?? 'unknown';
    target.isOver = told === 'unknown' || (told === 'done' && !isEdit);
    target.isBusy = false;
    changes.push({ roomId, seq, userId: by, before, content, outcome: told, answeredAtMs: performance.now() });
  }

  return {
    changes: changes as readonly Change[],
    marks: marks as readonly Mark[],
    /** Asked for something, and without an answer yet. */
    get underWay() {
      return underWay.size;
    },
    /**
     * Changes one of the last messages that somebody has said and got back; nothing where there is none.
     *
     * @param which from 0 to below 1: which of them
     * @param hostId who deletes it in its sender's place; null: its sender does what he does
     */
    begin(person: Participant, isEdit: boolean, which: number, hostId: string | null = null): void {
      const { userId, roomId } = person;
      const message = recent(person, which);
      if (!message) return;
      const { seq, content, version = seq } = message;
      const key = `${roomId}:${seq}`;
      const target = targets.get(key) ?? { text: content, version, isBusy: false, isOver: false, times: 0 };
      if (target.isBusy || target.isOver) return;
      target.isBusy = true;
      targets.set(key, target);
      const running = change(userId, isEdit ? userId : (hostId ?? userId), roomId, seq, target, isEdit).finally(() =>
        underWay.delete(running),
      );
      underWay.add(running);
    },
    /** He reacts to one of his last messages, or takes that back: rows that leave the text as it was. */
    react(person: Participant, which: number): void {
      const { userId, roomId } = person;
      const message = recent(person, which);
      if (message) mark({ roomId, seq: message.seq, userId, emoji: which < 0.5 ? '👍' : '🍊' });
    },
    /** The host pins one of them, or takes that back. @param hostId null: there is no host */
    pin(person: Participant, which: number, hostId: string | null): void {
      const message = recent(person, which);
      if (message && hostId !== null) mark({ roomId: person.roomId, seq: message.seq, userId: hostId, emoji: null });
    },
  };
}

export type Changes = ReturnType<typeof createChanges>;
