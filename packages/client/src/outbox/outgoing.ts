import type { Attachment } from '@gongu/shared';
import type { ChatError } from '../chat-error.ts';

/** Whom a message mentions. */
export interface Mentioned {
  /** `userId`s of members, 20 at most; others are dropped. */
  readonly mentions?: readonly string[] | undefined;
  /** All; for the host. */
  readonly mentionsAll?: boolean | undefined;
}

/** What a person wants to say. */
export interface Draft extends Mentioned {
  /** 1 to `contentChars` code points; it may be empty where there are files. */
  readonly content: string;
  /** NOTIFICATION is the host's. Default CHAT. */
  readonly kind?: 'CHAT' | 'NOTIFICATION';
  /** `messageId` of the message that is answered. */
  readonly replyTo?: string | null;
  /** Files that were uploaded (`@gongu/client/files`), ten at most. */
  readonly attachments?: readonly Attachment[] | undefined;
}

/** What is to become of a message that was sent. */
export interface Change {
  readonly kind: 'edit' | 'delete' | 'react';
  /** Of the message. */
  readonly seq: number;
  /** Of an edit: the `version` that is edited. Another one is refused; undefined: whichever it is. */
  readonly ifVersion?: number | undefined;
  /** Of a reaction: by what, and whether it is to be there, or taken back. */
  readonly emoji?: string;
  readonly on?: boolean;
}

/** A draft on its way, as it is kept over a reload. */
export interface StoredDraft extends Draft {
  /** Equal for every retry, so that the server stores it once. */
  readonly clientMessageId: string;
  readonly userId: string;
  readonly roomId: string;
  /** Epoch milliseconds; of two drafts always the later one's is greater. */
  readonly queuedAtMs: number;
  /** Why the server does not take it; such a draft waits for `retry` or `discard`. */
  readonly error: ChatError | null;
  /** It is no message: a message is to become `content`, which is empty where it is to be deleted or reacted to. */
  readonly change?: Change | undefined;
}

/** A message that is not yet among the messages of its room. */
export interface Outgoing extends StoredDraft {
  /**
   * `sending`: waits for its turn, or for the answer. `sent`: stored; its message comes in a moment. `not-confirmed`: the
   * connection was lost before the answer, and it is asked again. `failed`: refused, see `error`.
   */
  readonly status: 'sending' | 'sent' | 'not-confirmed' | 'failed';
  /** Its place, once it is `sent`; of an edit or a reaction, the version that it made. */
  readonly seq: number | null;
}

/** An edit, a deletion or a reaction that is not seen in the room yet, or that was refused. */
export interface OutgoingChange extends Outgoing {
  readonly change: Change;
}

/** `stored` without what only a running client knows. */
export function storedDraft({ status: _, seq: __, ...stored }: Outgoing): StoredDraft {
  return stored;
}
