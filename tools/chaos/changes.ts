import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, type Change, callAs, type Participant, type Received } from '@gongu/sim';
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
  async function put(by: string, url: string): Promise<void> {
    for (let i = 0; i < TRIES && !stopping.aborted; i++) {
      const answer = await ask(by, url, undefined, 'PUT').catch(() => null);
      if (answer && (answer.status < 300 || (answer.code && !AGAIN.has(answer.code)))) return;
      await sleep(AGAIN_MS, undefined, { signal: stopping }).catch(() => {});
    }
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
    /** He reacts to one of his last messages, or the host pins it: rows that leave the text as it was. */
    mark(person: Participant, what: 'reacted' | 'pinned', which: number, hostId: string | null): void {
      const { userId, roomId } = person;
      const message = recent(person, which);
      const by = what === 'pinned' ? hostId : userId;
      if (!message || by === null) return;
      const room = `${chatUrl}/api/chat/rooms/${roomId}`;
      const emoji = encodeURIComponent(which < 0.5 ? '👍' : '🍊');
      const url =
        what === 'pinned' ? `${room}/pins/${message.seq}` : `${room}/messages/${message.seq}/reactions/${emoji}`;
      const running = put(by, url).finally(() => underWay.delete(running));
      underWay.add(running);
    },
  };
}

export type Changes = ReturnType<typeof createChanges>;
