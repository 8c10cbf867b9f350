import { type ChatClient, createChatClient, createMemoryStorage, type WebSocketConstructor } from '@gongu/client';
import {
  createRecord,
  describeParticipant,
  messageOf,
  type Participant,
  type ParticipantOptions,
  type Random,
  type Standing,
} from '@gongu/sim';
import { WebSocket } from 'ws';

/** How reports call it. */
export const PACKAGE = '@gongu/client';

export interface PackageTalkerOptions extends ParticipantOptions {
  readonly random: Random;
  /** Without WebSockets it uses event streams and requests. */
  readonly streams: boolean;
}

/** A room that is not there yet comes with trade's outbox. */
const REJOIN_MS = 700;
/** A recovery sends 1 000 messages or about 2 MiB, which is more than this. */
const FAR_BEHIND = 150;
const UNKNOWN = new Set(['UNAVAILABLE', 'UNKNOWN_OUTCOME', 'INTERNAL', 'RATE_LIMITED', 'CONNECTION_LOST', 'TIMED_OUT']);
const REJOIN = new Set(['NOT_FOUND', ...UNKNOWN]);

/** Our own client package, which comes back, recovers and sends again by itself; what it shows is what was received. */
export function startPackageTalker(options: PackageTalkerOptions): Participant {
  const { client, userId, roomId, url, token, random, streams } = options;
  const record = createRecord(options);
  const protocol = streams ? `${PACKAGE}, event streams` : PACKAGE;
  const standing: Standing = { place: 'away', refusal: null, skewMs: 0 };
  let rejoining: NodeJS.Timeout | undefined;
  let wasOpen = false;

  const chat: ChatClient = createChatClient({
    url,
    token: () => token(),
    storage: createMemoryStorage(),
    random: random.next,
    clock: {
      now: () => Date.now() + standing.skewMs,
      monotonic: () => performance.now(),
      after(delayMs, task) {
        const timer = setTimeout(task, delayMs);
        return () => clearTimeout(timer);
      },
    },
    ...(streams ? {} : { WebSocket: WebSocket as unknown as WebSocketConstructor }),
  });
  const room = chat.room(roomId);
  const unlisten = chat.connection.subscribe(() => {
    const { status } = chat.connection.getSnapshot();
    const isOpen = status === 'ready';
    if (isOpen === wasOpen) return;
    wasOpen = isOpen;
    if (isOpen) record.connecting();
    else record.lost(status);
  });
  const leave = room.subscribe(look);

  function look(): void {
    if (standing.place === 'over') return;
    const { status, messages, outgoing, error, gone } = room.getSnapshot();
    const first = messages[0]?.seq;
    // It begins with the newest page, and begins anew when it is far behind; any smaller hole is one.
    const behind = first === undefined ? 0 : first - record.lastSeq - 1;
    if (behind > (record.lastSeq === 0 ? 0 : FAR_BEHIND)) record.restarted(first! - 1);
    for (const message of messages) if (message.seq > record.lastSeq) record.received(messageOf(message)!);
    // What it has taken from its queue it takes for stored, also where the page that it began with comes after it.
    const waiting = new Set(outgoing.map(({ clientMessageId }) => clientMessageId));
    for (const id of record.pending.keys()) if (!waiting.has(id)) record.acked(id, null);
    for (const { clientMessageId, status: state, error: why } of outgoing) {
      if (state !== 'failed') continue;
      // After some tries it asks its user. An earlier try may have been stored: as the same message it goes out again.
      if (why && UNKNOWN.has(why.code)) {
        room.retry(clientMessageId);
        continue;
      }
      record.refused(clientMessageId, why?.code ?? 'FAILED');
      room.discard(clientMessageId);
    }
    if (status === 'live' && standing.place !== 'in') {
      record.joined();
      standing.place = 'in';
    }
    if (status === 'stale' || status === 'joining') standing.place = 'away';
    if (status === 'refused' && standing.place !== 'out') refused(error?.code ?? 'REFUSED');
    if (status === 'gone') {
      standing.place = 'out';
      standing.refusal = gone === 'removed' ? 'REMOVED' : 'NOT_FOUND';
    }
  }

  function refused(code: string): void {
    if (REJOIN.has(code)) {
      clearTimeout(rejoining);
      rejoining = setTimeout(() => standing.place !== 'over' && room.rejoin(), REJOIN_MS);
      return;
    }
    record.refused(null, code);
    standing.place = 'out';
    standing.refusal = code;
  }

  return Object.assign(
    describeParticipant({
      ...{ client, userId, roomId, protocol, record, standing },
      shown: () => room.getSnapshot().messages.map(({ seq, content, version }) => ({ seq, content, version })),
    }),
    {
      say(characters: number, mentions?: readonly string[]) {
        if (standing.place === 'over' || standing.place === 'out') return;
        const { id, content } = record.compose(characters);
        record.forget(id);
        const sent = room.send({ content, mentions });
        if (sent.ok) record.wrote(sent.value, content, mentions);
      },
      // It asks until there is an answer, or is out: then what it says is refused.
      resolve: () => Promise.resolve(),
      leave() {
        standing.place = 'over';
        clearTimeout(rejoining);
        unlisten();
        leave();
        chat.disconnect();
      },
    },
  );
}
