import type { ChatMessage, Message } from '@gongu/shared';
import type { Rest } from '../rest.ts';
import type { RoomAction } from './reduce-room.ts';
import type { RoomState } from './room-state.ts';

export interface LookUpsOptions {
  readonly roomId: string;
  readonly rest: Rest;
  readonly state: () => RoomState;
  readonly reduce: (action: RoomAction) => void;
  /** Nobody listens any more: what comes is of no use. */
  readonly isOver: () => boolean;
}

/** Messages that are shown though they may be older than those that came: the newest notice, what is pinned, what is quoted. */
export function createLookUps({ roomId, rest, state, reduce, isOver }: LookUpsOptions) {
  /** Pinned messages that were asked for since the last join. */
  let askedPins = new Set<string>();
  /** Messages that are being asked for by themselves. */
  const lookedUp = new Set<number>();

  /** Null where it can't be had, or is no longer asked for by the same user. */
  async function read<T>(what: string): Promise<T | null> {
    const { me } = state();
    const answer = await rest.request<T>('GET', `/rooms/${encodeURIComponent(roomId)}/${what}`);
    return !isOver() && state().me === me && answer.ok ? answer.value.body : null;
  }

  /** Without an answer the notice stays unknown until a join starts over. */
  async function askForNotice(): Promise<void> {
    const message = (await read<{ message: ChatMessage | null }>('notice'))?.message;
    if (!message) return;
    reduce({ type: 'messages', messages: [message] });
    // It has been deleted meanwhile.
    if (!state().notice) void askForNotice();
  }

  async function askForOne(id: string): Promise<void> {
    askedPins.add(id);
    const message = await read<Message>(`messages/${id.slice(id.lastIndexOf(':') + 1)}`);
    if (message) reduce({ type: 'messages', messages: [message] });
  }

  return {
    askForNotice,

    askForPinned(): void {
      const { pinned, room } = state();
      const known = new Set(pinned.map(({ messageId }) => messageId));
      for (const id of room?.pinnedMessageIds ?? []) {
        if (!known.has(id) && !askedPins.has(id)) void askForOne(id);
      }
    },

    /** What is pinned and could not be had is asked for again. */
    askPinsAnew(): void {
      askedPins = new Set();
    },

    /** A message by itself. What can't be had now may be asked for again. */
    async lookUp(seq: number): Promise<void> {
      const { messages, quoted, room } = state();
      const isHere = (message: Message) => message.seq === seq;
      if (lookedUp.has(seq) || messages.some(isHere) || quoted.some(isHere)) return;
      if (seq < (room?.firstSeq ?? 0)) return reduce({ type: 'quoted', messages: [removedMessage(roomId, seq)] });
      lookedUp.add(seq);
      const message = await read<Message>(`messages/${seq}`);
      lookedUp.delete(seq);
      if (message) reduce({ type: 'quoted', messages: [message] });
    },
  };
}

/** What was removed for its age is shown as what was deleted. */
function removedMessage(roomId: string, seq: number): Message {
  return {
    ...{ roomId, seq, messageId: `${roomId}:${seq}`, version: seq, createdAt: '', deletedAt: '' },
    ...{ kind: 'NOTIFICATION', content: '', sender: null, replyTo: null, clientMessageId: null },
  };
}
