import { AppError, type ChatMessage, LIMITS, type Message, type Reaction, type User } from '@gongu/shared';
import { type Caller, isAdmin } from './access.ts';
import { tellCommitted } from './committed.ts';
import { wireMessage } from './event.ts';
import type { ContentFilter } from './filter/content-filter.ts';
import type { Emit } from './ports/emit.ts';
import type { Change, ChangeOutcome, MessageStore, PinOutcome, ReactOutcome } from './ports/message-store.ts';
import type { StoredMessage } from './ports/stored-message.ts';
import { noSuchMessage, noSuchRoom } from './refusals.ts';

export interface ChangesOptions {
  readonly messages: Pick<MessageStore, 'change' | 'react' | 'pin'>;
  /** What users say passes it; default: all passes. */
  readonly filter?: Pick<ContentFilter, 'applyTo'>;
  readonly emit: Emit;
  /** Whether what was said can be changed: not beside instances that don't know of it. */
  readonly isOn: boolean;
  /** Seconds after it was sent for which its sender can edit a message; 0 = never. */
  readonly editWindowS: number;
  /** A message as it is in memory. Default: none is. */
  readonly known?: (roomId: string, seq: number) => StoredMessage | undefined;
  /** Hears of each change that was stored. */
  readonly onChange: (change: ChangeKind) => void;
}

export type ChangeKind = 'edited' | 'deleted' | 'reacted' | 'pinned' | 'unpinned';

/** The message that is to be changed. */
export interface Target {
  readonly roomId: string;
  readonly seq: number;
}

export interface Editing extends Target {
  readonly content: string;
  /** The version that is edited; absent: whichever it is. */
  readonly ifVersion?: number | null | undefined;
  /** Who is mentioned then; absent: who was. */
  readonly mentions?: readonly string[] | null | undefined;
  readonly mentionsAll?: boolean | null | undefined;
}

/**
 * What becomes of messages after they were sent: edited by their senders; deleted by them, the host, an admin or the service;
 * pinned by these; members react to them.
 */
export function createChanges({ messages, filter, emit, isOn, editWindowS, known, onChange }: ChangesOptions) {
  /** @throws AppError FORBIDDEN (CHANGES is off) */
  function requireOn(): void {
    if (!isOn) throw new AppError('FORBIDDEN', { detail: 'Messages can not be changed here: CHANGES is off' });
  }

  /** Who asks, of which message. */
  function asked(caller: Caller, { roomId, seq }: Target) {
    requireOn();
    const by = caller.kind === 'service' ? null : caller.user;
    return { roomId, seq, by, isAdmin: isAdmin(caller) };
  }

  async function change(caller: Caller, target: Target, edit: Change['edit']): Promise<ChatMessage> {
    const inMemory = known?.(target.roomId, target.seq);
    const outcome = await messages.change({ ...asked(caller, target), known: inMemory, edit });
    if (!('message' in outcome)) throw refusalOf(outcome.outcome);
    // Also of one that was stored before: perhaps nobody was told.
    if (outcome.row) tellCommitted(emit, [outcome.row]);
    if (outcome.outcome === 'changed') onChange(edit ? 'edited' : 'deleted');
    return wireMessage(outcome.message) as Message as ChatMessage;
  }

  return {
    /**
     * Gives a message another text; the message as it is then. The same text again changes nothing.
     * @throws AppError NOT_FOUND, NOT_A_MEMBER, FORBIDDEN (of somebody else, or of the service; CHANGES is off),
     *   ROOM_READ_ONLY (CANCELLED), MUTED, BANNED, MESSAGE_DELETED, EDIT_WINDOW_PASSED,
     *   CONTENT_REFUSED, VALIDATION_FAILED (no text, and no files), PRECONDITION_FAILED (`ifVersion`), CONFLICT (has `data`), UNAVAILABLE (nothing was stored), UNKNOWN_OUTCOME
     */
    async edit(
      caller: Caller,
      { content, ifVersion = null, mentions = null, mentionsAll = null, ...target }: Editing,
    ): Promise<ChatMessage> {
      const said = filter && caller.kind === 'user' ? filter.applyTo({ content }) : { content };
      const named = mentions?.slice(0, LIMITS.mentionsNamed);
      return change(caller, target, { ...said, ifVersion, mentions: named, mentionsAll, windowS: editWindowS });
    },

    /**
     * Leaves a message without text and data; who has left the room may still take back what he said. Once more changes
     * nothing.
     * @throws AppError NOT_FOUND, NOT_A_MEMBER, BANNED, FORBIDDEN (of somebody else, or of the service; CHANGES is off),
     *   ROOM_READ_ONLY (CANCELLED, and not by the host, an admin or the service), UNAVAILABLE, UNKNOWN_OUTCOME
     */
    async remove(caller: Caller, target: Target): Promise<void> {
      await change(caller, target, null);
    },

    /**
     * A member reacts to a message by an emoji, or takes that back: the reactions that it has then, and its version. Once more changes nothing.
     * @throws AppError NOT_FOUND, NOT_A_MEMBER, FORBIDDEN (a row of the service; CHANGES is off), ROOM_READ_ONLY (CANCELLED),
     *   MUTED, BANNED, MESSAGE_DELETED, CONFLICT (twelve kinds), UNAVAILABLE, UNKNOWN_OUTCOME
     */
    async react(
      by: User,
      { roomId, seq, emoji, on }: Target & { readonly emoji: string; readonly on: boolean },
    ): Promise<{ readonly reactions: readonly Reaction[]; readonly version: number }> {
      requireOn();
      const outcome = await messages.react({ roomId, seq, by, emoji, on });
      if (!('reactions' in outcome)) throw reactRefusalOf(outcome.outcome);
      if (outcome.row) tellCommitted(emit, [outcome.row]);
      if (outcome.outcome === 'changed') onChange('reacted');
      const { reactions, version } = outcome;
      return { reactions, version };
    },

    /**
     * Pins a message above the room, in front of the others, or takes it away; for the host, an admin and the service. Once
     * more changes nothing. What was deleted is pinned no longer.
     * @throws AppError NOT_FOUND, NOT_A_MEMBER, BANNED, FORBIDDEN (who else; a row of the service; CHANGES is off), ROOM_READ_ONLY
     *   (CANCELLED), MESSAGE_DELETED, CONFLICT (five are pinned), UNAVAILABLE, UNKNOWN_OUTCOME
     */
    async pin(caller: Caller, { on, ...target }: Target & { readonly on: boolean }): Promise<void> {
      const outcome = await messages.pin({ ...asked(caller, target), on });
      if (!('row' in outcome)) throw pinRefusalOf(outcome.outcome);
      if (outcome.row) tellCommitted(emit, [outcome.row]);
      if (outcome.outcome === 'changed') onChange(on ? 'pinned' : 'unpinned');
    },
  };
}

export type Changes = ReturnType<typeof createChanges>;

function reactRefusalOf(code: Exclude<ReactOutcome['outcome'], 'changed' | 'same'>): AppError {
  switch (code) {
    case 'FORBIDDEN':
      return new AppError('FORBIDDEN', { detail: 'Nobody reacts to rows of the service' });
    case 'TOO_MANY':
      return new AppError('CONFLICT', { detail: `The message has ${LIMITS.reactionKinds} kinds of reactions already` });
    default:
      return refusalOf(code);
  }
}

function pinRefusalOf(code: Exclude<PinOutcome['outcome'], 'changed' | 'same'>): AppError {
  switch (code) {
    case 'FORBIDDEN':
      return new AppError('FORBIDDEN', {
        detail: 'Only the host, an admin and the service may pin a message, and rows of the service are not pinned',
      });
    case 'TOO_MANY':
      return new AppError('CONFLICT', { detail: `${LIMITS.pinned} messages are pinned: take one away first` });
    default:
      return refusalOf(code);
  }
}

function refusalOf(code: Exclude<ChangeOutcome['outcome'], 'changed' | 'same'>): AppError {
  switch (code) {
    case 'NOT_FOUND':
      return noSuchRoom();
    case 'MESSAGE_NOT_FOUND':
      return noSuchMessage();
    case 'FORBIDDEN':
      return new AppError('FORBIDDEN', {
        detail:
          "Only its sender may edit a message; he, the host, an admin and the service may delete it; the service's rows stay",
      });
    case 'MENTIONS_ALL':
      return new AppError('FORBIDDEN', { detail: 'Only the host, an admin and the service may mention all' });
    case 'EMPTY':
      return new AppError('VALIDATION_FAILED', { errors: [{ path: 'content', message: 'must not be empty' }] });
    case 'HAS_DATA':
      return new AppError('CONFLICT', { detail: 'A message with data can not be edited' });
    case 'PRECONDITION_FAILED':
      return new AppError('PRECONDITION_FAILED', {
        detail: 'The message has another version than ifVersion: read it again',
      });
    default:
      return new AppError(code);
  }
}
