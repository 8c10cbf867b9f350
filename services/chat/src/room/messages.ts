import {
  AppError,
  afterCommit,
  type ChatMessage,
  LIMITS,
  type Message,
  type MessageKind,
  type MessagePage,
  messageId,
  parseMessageId,
  publicUser,
} from '@gongu/shared';
import { type Caller, callerId, isAdmin, readerId } from './access.ts';
import { tellCommitted } from './committed.ts';
import { wireMessage } from './event.ts';
import type { ContentFilter } from './filter/content-filter.ts';
import { createGroupCommit } from './group-commit.ts';
import { boundJsonPage } from './page-bytes.ts';
import { limitRows, manyReacted, writtenOnce } from './page-rows.ts';
import type { Emit } from './ports/emit.ts';
import type {
  AppendOutcome,
  Draft,
  MessageStore,
  Own,
  OwnAsk,
  PageQuery,
  PageRefusal,
  ReactionRow,
} from './ports/message-store.ts';
import type { StoredMessage } from './ports/stored-message.ts';
import { noSuchMessage, noSuchRoom } from './refusals.ts';

export interface MessagesOptions {
  readonly messages: MessageStore;
  /** What users say passes it; default: all passes. */
  readonly filter?: Pick<ContentFilter, 'applyTo'>;
  readonly emit: Emit;
  /** A fresh id for messages whose protocol has none. */
  readonly newId: () => string;
  /** Milliseconds, of any origin, that never go back. Default: the real time. */
  readonly now?: () => number;
  /** Milliseconds from one batch to the next while messages wait; see `createGroupCommit`. Default: none. */
  readonly spacingMs?: () => number;
  readonly observe: {
    /** A batch was done: its size, its milliseconds, and those since its oldest message was taken. */
    appended(size: number, milliseconds: number, oldestMs: number): void;
    /** Messages were committed. */
    stored(messages: readonly StoredMessage[]): void;
  };
}

/** What a sender wants to say. */
export interface Sending {
  readonly roomId: string;
  readonly clientMessageId?: string | undefined;
  readonly content: string;
  readonly kind?: Extract<MessageKind, 'CHAT' | 'NOTIFICATION'> | undefined;
  /** `messageId` of the message that is answered. */
  readonly replyTo?: string | null | undefined;
  /** Users whom it mentions: those count who are members. */
  readonly mentions?: readonly string[] | null | undefined;
  /** For the host, admins and the service. */
  readonly mentionsAll?: boolean | null | undefined;
  readonly data?: unknown;
  readonly signalType?: string | undefined;
  /** Ids of his uploads. */
  readonly attachments?: readonly string[] | null | undefined;
}

/** The messages of rooms: the append by group commit, and pages of history. */
export function createMessages({ messages, filter, emit, newId, now, spacingMs = () => 0, observe }: MessagesOptions) {
  const appends = createGroupCommit<Draft, AppendOutcome>({
    async run(drafts) {
      const outcomes = await messages.append(drafts);
      // Told in one piece before any sender's acknowledgement is: all of a batch reaches each socket in one write.
      const stored: StoredMessage[] = [];
      outcomes.forEach((outcome, i) => {
        if (outcome.outcome === 'stored') stored.push(messageOf(drafts[i]!, outcome));
      });
      observe.stored(stored);
      tellCommitted(emit, stored);
      return outcomes;
    },
    orderBy: (draft) => draft.roomId,
    spacingMs,
    ...(now ? { now } : {}),
    observe: observe.appended,
  });

  /** @throws AppError NOT_FOUND, NOT_A_MEMBER, BANNED */
  async function read(caller: Caller, roomId: string, query: Parameters<MessageStore['page']>[2]) {
    const found = await messages.page(roomId, readerId(caller), query);
    if (typeof found === 'string') throw unreadable(found);
    return found;
  }

  // Who come at once are read at once.
  const owns = createGroupCommit<OwnAsk, Own>({ run: (asks) => messages.own(asks), batchMax: 100 });

  return {
    /**
     * Stores one message and resolves after its commit. A retry with the same `clientMessageId` gets the first one's
     * place and time. `enter`: makes the sender a member first, once the message is one that may be tried.
     * @throws AppError NOT_FOUND, NOT_A_MEMBER, BANNED, MUTED, ROOM_READ_ONLY, FORBIDDEN (a notice by one who is neither
     *   host nor admin), SLOW_MODE (`retryAfterMs` until the next may be sent),
     *   CONTENT_REFUSED, VALIDATION_FAILED (`replyTo`, `attachments`), UNAVAILABLE (nothing was stored), UNKNOWN_OUTCOME
     */
    async send(
      caller: Caller,
      sending: Sending,
      enter?: () => Promise<void>,
    ): Promise<{ message: Message; duplicate: boolean }> {
      const drafted = draftOf(caller, sending, newId);
      const draft = filter && drafted.sender ? { ...drafted, ...filter.applyTo(drafted) } : drafted;
      if (enter) await enter();
      const outcome = await appends.add(draft);
      switch (outcome.outcome) {
        case 'stored':
          return { message: wireMessage(messageOf(draft, outcome)), duplicate: false };
        case 'duplicate': {
          // What was stored first is the answer, whatever the retry says.
          const [first] = await afterCommit(messages.before(draft.roomId, outcome.seq + 1, 1));
          // Perhaps nobody was told: it was stored, and the connection broke before this instance knew.
          if (first) tellCommitted(emit, [first]);
          return { message: wireMessage(first ?? messageOf(draft, outcome)), duplicate: true };
        }
        case 'NOT_FOUND':
          throw noSuchRoom();
        case 'NOT_A_MEMBER':
        case 'BANNED':
        case 'MUTED':
        case 'ROOM_READ_ONLY':
          throw new AppError(outcome.outcome);
        case 'SLOW_MODE':
          throw new AppError('SLOW_MODE', { retryAfterMs: outcome.waitMs });
        case 'FORBIDDEN':
          throw new AppError('FORBIDDEN', {
            detail: 'Only the host, an admin and the service may send a NOTIFICATION, or mention all',
          });
        case 'REPLY_UNKNOWN':
          throw replyError();
        case 'ATTACHMENT_UNKNOWN':
          throw new AppError('VALIDATION_FAILED', {
            errors: [
              {
                path: 'attachments',
                message: 'must be own uploads of the room of the last day, completed, in no message yet',
              },
            ],
          });
        case 'REFUSED_DATA':
          throw new AppError('VALIDATION_FAILED', { detail: 'The message can not be stored' });
        case 'FAILED':
          throw outcome.error;
        case 'BUSY':
          throw new AppError('UNAVAILABLE', { detail: 'The room is busy; nothing was stored', retryAfterMs: 500 });
      }
    },

    /**
     * A page of history, ascending. `before` and `after` are exclusive; `offset` leaves out as many of the newest. `limit`
     * counts those that are no rows of change; whoever shows them writes each message out once: see `writtenOnce`.
     */
    async page(caller: Caller, roomId: string, query: PageQuery): Promise<MessagePage> {
      const limit = Math.min(query.limit, LIMITS.pageMax);
      const userId = callerId(caller);
      // One more than asked for tells whether there is more.
      const found = await read(caller, roomId, { ...query, limit: limit + 1 });
      const forward = query.after != null;
      const keep = forward ? 'oldest' : 'newest';
      const wanted = limitRows(found, limit, keep).map(wireMessage);
      // What is cut off in front takes no newer row of change along.
      const bounded = boundJsonPage(forward ? wanted : writtenOnce(wanted), keep);
      const page = { messages: [...bounded], hasMore: bounded.length < found.length };
      const own = userId === null ? null : await this.own(roomId, userId, bounded, null);
      return own && Object.keys(own.reacted).length > 0 ? { ...page, you: { reacted: own.reacted } } : page;
    },

    /**
     * What of these messages is a user's own, where they don't say it themselves, and which ones mention him after a position
     * (null: that is not asked for). Null: there is nothing to read.
     */
    own(roomId: string, userId: string, some: readonly Message[], mentionsAfter: number | null): Promise<Own> | null {
      const seqs = manyReacted(some);
      return seqs.length > 0 || mentionsAfter !== null ? owns.add({ roomId, userId, seqs, mentionsAfter }) : null;
    },

    /** @throws AppError NOT_FOUND, NOT_A_MEMBER, BANNED, where he may not read the room's pages */
    async requireReader(caller: Caller, roomId: string): Promise<void> {
      await read(caller, roomId, { limit: 1 });
    },

    /**
     * Who reacted to a message, for whoever may read it and says who he is: after a place, in the order in which they did.
     * @throws AppError NOT_FOUND, NOT_A_MEMBER, BANNED
     */
    async reactions(
      caller: Caller,
      { roomId, seq, ...page }: { roomId: string; seq: number } & Parameters<MessageStore['reactions']>[2],
    ): Promise<readonly ReactionRow[]> {
      await this.one(caller, roomId, seq);
      // As with participants: who looks without an account is not told who is there.
      const isUnknown = caller.kind === 'user' && caller.user.anon;
      if (isUnknown && !(await messages.isWithin(roomId, caller.user.userId))) throw new AppError('NOT_A_MEMBER');
      return messages.reactions(roomId, seq, page);
    },

    /** A row of the room's sequence, for whoever may read its pages. @throws AppError NOT_FOUND, NOT_A_MEMBER, BANNED */
    async one(caller: Caller, roomId: string, seq: number): Promise<Message> {
      const found = await read(caller, roomId, { before: seq + 1, limit: 1 });
      const last = found.at(-1);
      if (last?.seq !== seq) throw noSuchMessage();
      return wireMessage(last);
    },

    /**
     * The newest notice of a room that is not deleted; null: there is none. `caller` null: somebody unknown, who sees what
     * may be looked at.
     * @throws AppError NOT_FOUND, NOT_A_MEMBER, BANNED
     */
    async newestNotice(caller: Caller | null, roomId: string): Promise<ChatMessage | null> {
      const found = await messages.newestNotice(roomId, caller ? readerId(caller) : NOBODY);
      if (found === 'NOT_A_MEMBER' && caller === null) return null;
      if (typeof found === 'string') throw unreadable(found);
      return found && (wireMessage(found) as ChatMessage);
    },

    /** Messages that wait for the next batch. */
    waiting: () => appends.size(),

    /** Resolves when everything accepted so far is stored or refused. */
    idle: () => appends.idle(),
  };
}

function unreadable(why: PageRefusal): AppError {
  return why === 'NOT_FOUND' ? noSuchRoom() : new AppError(why);
}

/** No user's id: those have a character. */
const NOBODY = '';

export type Messages = ReturnType<typeof createMessages>;

function draftOf(caller: Caller, sending: Sending, newId: () => string): Draft {
  return {
    roomId: sending.roomId,
    kind: sending.kind ?? (caller.kind === 'service' ? 'NOTIFICATION' : 'CHAT'),
    sender: caller.kind === 'service' ? null : publicUser(caller.user),
    ...(isAdmin(caller) ? { isAdmin: true } : {}),
    clientMessageId: sending.clientMessageId ?? newId(),
    content: sending.content,
    replyTo: sending.replyTo == null ? null : replySeq(sending.roomId, sending.replyTo),
    ...(sending.mentions?.length ? { mentions: sending.mentions.slice(0, LIMITS.mentionsNamed) } : {}),
    ...(sending.mentionsAll ? { mentionsAll: true } : {}),
    ...(sending.data === undefined ? {} : { data: sending.data }),
    ...(sending.signalType === undefined ? {} : { signalType: sending.signalType }),
    ...(sending.attachments?.length ? { attachments: sending.attachments } : {}),
  };
}

function replySeq(roomId: string, replyTo: string): number {
  const target = parseMessageId(replyTo);
  if (!target || target.roomId !== roomId) throw replyError();
  return target.seq;
}

function replyError(): AppError {
  return new AppError('VALIDATION_FAILED', {
    errors: [{ path: 'replyTo', message: 'must be the id of a message of this room' }],
  });
}

type Place = Extract<AppendOutcome, { seq: number }>;

function messageOf(draft: Draft, place: Omit<Place, 'outcome'>): StoredMessage {
  return {
    roomId: draft.roomId,
    seq: place.seq,
    messageId: messageId(draft.roomId, place.seq),
    kind: draft.kind,
    sender: draft.sender,
    content: draft.content,
    replyTo: draft.replyTo === null ? null : messageId(draft.roomId, draft.replyTo),
    clientMessageId: draft.clientMessageId,
    ...(draft.data === undefined ? {} : { data: draft.data }),
    ...(draft.signalType === undefined ? {} : { signalType: draft.signalType }),
    createdAt: place.createdAt,
    ...(place.mentions?.length ? { mentions: [...place.mentions] } : {}),
    ...(draft.mentionsAll ? { mentionsAll: true as const } : {}),
    ...(draft.masked ? { masked: true as const } : {}),
    ...(place.attachments ? { attachments: place.attachments } : {}),
    version: place.seq,
    chatNo: place.chatNo,
  };
}
