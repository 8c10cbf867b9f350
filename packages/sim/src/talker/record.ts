import { type Clock, systemClock } from '@gongu/host';
import type { Entry, Happening, Received } from '../check/evidence.ts';

/** Counts of one client, for the report. */
export interface Counts {
  sends: number;
  sentAgain: number;
  acks: number;
  refusals: number;
  received: number;
  connections: number;
  reconnects: number;
  restarts: number;
  /** Told that it was too slow, and where to go on. */
  resyncs: number;
}

interface Saying {
  readonly id: string;
  readonly content: string;
  /** `userId`s. */
  readonly mentions?: readonly string[] | undefined;
  sends: number;
}

/** Longer than any return takes when nothing is broken. */
const STRAYED_MS = 20_000;

interface RecordOptions {
  /** As in "gongu.v1-17". */
  readonly client: string;
  readonly userId: string;
  /** The same text, once in memory however many receive it. */
  readonly intern: (text: string) => string;
  readonly clock?: Clock;
}

/** What one client writes down, and what it still waits for. */
export function createRecord(options: RecordOptions) {
  const { client, userId, intern, clock = systemClock } = options;
  const entries: Entry[] = [];
  const pending = new Map<string, Saying>();
  const counts: Counts = {
    sends: 0,
    sentAgain: 0,
    acks: 0,
    refusals: 0,
    received: 0,
    connections: 0,
    reconnects: 0,
    restarts: 0,
    resyncs: 0,
  };
  let connection = 0;
  /** Null while it is in the room. */
  let awaySinceMs: number | null = clock.monotonic();
  let lastSeq = 0;
  let sayings = 0;

  function note(happening: Happening): void {
    entries.push({ ...happening, atMs: Math.round(clock.monotonic()) });
  }

  /** A new message of this client. */
  function enter(content: string, mentions?: readonly string[]): Saying {
    sayings += 1;
    const saying = { id: `${userId}-${sayings}`, content, mentions, sends: 0 };
    pending.set(saying.id, saying);
    return saying;
  }

  return {
    entries: entries as readonly Entry[],
    counts,
    /** Said, and neither acknowledged, refused nor received. */
    pending: pending as ReadonlyMap<string, Readonly<Saying>>,
    get lastSeq() {
      return lastSeq;
    },
    connecting(): void {
      connection += 1;
      counts.connections += 1;
      if (connection > 1) counts.reconnects += 1;
      note({ kind: 'connecting', connection, after: lastSeq });
    },
    /** For one who neither left nor was refused. A token may end at any moment: `away` is who was so for a while. */
    get end(): 'in' | 'away' {
      return awaySinceMs !== null && clock.monotonic() - awaySinceMs > STRAYED_MS ? 'away' : 'in';
    },
    joined(): void {
      awaySinceMs = null;
      note({ kind: 'joined', connection });
    },
    lost(reason: string, code: number | null = null): void {
      awaySinceMs ??= clock.monotonic();
      note({ kind: 'lost', connection, reason, code });
    },
    resynced(): void {
      counts.resyncs += 1;
    },
    restarted(seq: number): void {
      counts.restarts += 1;
      lastSeq = Math.max(lastSeq, seq);
      note({ kind: 'restarted', connection, seq });
    },
    received(message: Received): void {
      counts.received += 1;
      lastSeq = Math.max(lastSeq, message.seq);
      note({ kind: 'received', connection, message: { ...message, content: intern(message.content) } });
      const { sender, clientMessageId, content } = message;
      if (sender !== undefined && sender !== userId) return;
      if (clientMessageId) pending.delete(clientMessageId);
      else for (const saying of pending.values()) if (saying.content === content) pending.delete(saying.id);
    },
    /** A new message of this client, with a text that no other has. */
    compose(characters: number, mentions?: readonly string[]): Saying {
      const id = `${client}-${sayings + 1}`.replaceAll(/[^A-Za-z0-9-]/g, '-');
      return enter(`${id} ${'공동구매 '.repeat(Math.ceil(characters / 5)).slice(0, characters)}`.trim(), mentions);
    },
    enter,
    /** Somebody else has given it this id and sends it. */
    wrote(id: string, content: string, mentions?: readonly string[]): void {
      pending.set(id, { id, content, mentions, sends: 1 });
      counts.sends += 1;
      note({ kind: 'said', connection, id, content, ...(mentions && { mentions }) });
    },
    said({ id, content, mentions }: Pick<Saying, 'id' | 'content' | 'mentions'>): void {
      const saying = pending.get(id);
      if (saying) saying.sends += 1;
      counts.sends += 1;
      if (saying && saying.sends > 1) counts.sentAgain += 1;
      note({ kind: 'said', connection, id, content, ...(mentions && { mentions }) });
    },
    acked(id: string, seq: number | null): void {
      counts.acks += 1;
      pending.delete(id);
      note({ kind: 'acked', connection, id, seq });
    },
    refused(id: string | null, code: string): void {
      counts.refusals += 1;
      if (id !== null) pending.delete(id);
      note({ kind: 'refused', connection, id, code });
    },
    /** Neither said nor anything else: taken back before it went out. */
    forget: (id: string) => void pending.delete(id),
  };
}

export type ClientRecord = ReturnType<typeof createRecord>;
