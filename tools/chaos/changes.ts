import type { Change, Mark, Participant, Received } from '@gongu/sim';
import type { Asking } from './asking.ts';

export interface ChangesOptions {
  readonly asking: Asking;
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

/** Of the messages that somebody has said, he changes one of the last ones. */
const RECENT = 12;

/** People who edit and delete what they have said, by HTTP, and ask until they are answered. */
export function createChanges({ asking }: ChangesOptions) {
  const changes: Change[] = [];
  const targets = new Map<string, Target>();
  const marks: Mark[] = [];
  /** What was asked for last, of each user and emoji; null: there is no answer yet. */
  const marked = new Map<string, boolean | null>();

  /** Makes a mark where there is none, and takes it back where it was the last that was asked for. */
  function mark(fields: Pick<Mark, 'roomId' | 'seq' | 'userId' | 'emoji'>): void {
    const { roomId, seq, userId, emoji } = fields;
    const key = `${roomId}:${seq} ${emoji === null ? '' : `${emoji} ${userId}`}`;
    const before = marked.get(key) ?? (marked.has(key) ? null : false);
    if (before === null) return;
    const on = !before;
    marked.set(key, null);
    const room = `/rooms/${roomId}`;
    const path =
      emoji === null ? `${room}/pins/${seq}` : `${room}/messages/${seq}/reactions/${encodeURIComponent(emoji)}`;
    asking.begin(async () => {
      const { lasting: outcome } = await asking.untilAnswered(userId, on ? 'PUT' : 'DELETE', path);
      marked.set(key, typeof outcome === 'string' ? on : before);
      marks.push({ ...fields, on, outcome });
    });
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
    const method = content === null ? 'DELETE' : 'PATCH';
    const path = `/rooms/${roomId}/messages/${seq}`;
    const answer = await asking.untilAnswered<{ version?: number } | null>(by, method, path, body);
    const { outcome: told } = answer;
    if (told === 'done') {
      target.text = content ?? '';
      target.version = answer.body?.version ?? target.version;
    }
    target.isOver = told === 'unknown' || (told === 'done' && !isEdit);
    target.isBusy = false;
    changes.push({ roomId, seq, userId: by, before, content, outcome: told, answeredAtMs: performance.now() });
  }

  return {
    changes: changes as readonly Change[],
    marks: marks as readonly Mark[],
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
      asking.begin(() => change(userId, isEdit ? userId : (hostId ?? userId), roomId, seq, target, isEdit));
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
