import type { Attachment } from '@gongu/shared';
import type { ChatError } from '../chat-error.ts';
import type { Upload } from '../files/upload.ts';

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
  /** Files on their way, which stand after these in their order, ten at most with them: the message is sent when all are there. */
  readonly uploads?: readonly Upload[] | undefined;
}

/** A file of a message that is on its way. Its bytes are kept elsewhere, as long as the message waits. */
export interface OutgoingFile {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  /** Bytes. */
  readonly size: number;
  /** What the message takes; absent: it is not there yet. */
  readonly attachment?: Attachment;
  /** Why it was not taken, or lost. */
  readonly error?: ChatError;
}

export type ReportReason = 'SPAM' | 'ABUSE' | 'FRAUD' | 'OTHER';

/** What somebody may not do in a room. */
export interface Restricting {
  readonly kind: 'MUTE' | 'BAN';
  /** Milliseconds from when it is done; default: until it is lifted. */
  readonly forMs?: number;
  readonly reason?: string;
}

/** What is to become of a message that was sent, or of the room and its people. */
export interface Change {
  readonly kind: 'edit' | 'delete' | 'react' | 'pin' | 'report' | 'restrict' | 'remove' | 'slow';
  /** Of the message; 0 where it is of none. */
  readonly seq: number;
  /** Of an edit: the `version` that is edited. Another one is refused; undefined: whichever it is. */
  readonly ifVersion?: number | undefined;
  /** Of a reaction: by what. */
  readonly emoji?: string;
  /** Of a reaction or a pin: whether it is to be there, or taken back. */
  readonly on?: boolean;
  /** Of a report, whose note is the draft's `content`. */
  readonly reason?: ReportReason;
  /** Whom it restricts or removes. */
  readonly userId?: string;
  /** Null: what there is is lifted. */
  readonly restriction?: Restricting | null;
  /** Of slow mode: seconds from one message of a member to his next; 0: none. */
  readonly seconds?: number;
}

/** A draft on its way, as it is kept over a reload. */
export interface StoredDraft extends Omit<Draft, 'uploads'> {
  /** Equal for every retry, so that the server stores it once. */
  readonly clientMessageId: string;
  readonly userId: string;
  readonly roomId: string;
  /** Epoch milliseconds; of two drafts always the later one's is greater. */
  readonly queuedAtMs: number;
  /** Why the server does not take it; such a draft waits for `retry` or `discard`. */
  readonly error: ChatError | null;
  /** The files that it was given as uploads. */
  readonly files?: readonly OutgoingFile[] | undefined;
  /** It had another text before, which an earlier try may have stored. */
  readonly isReworded?: boolean | undefined;
  /** It is no message: a message is to become `content`, or what else it says; then `content` is empty. */
  readonly change?: Change | undefined;
}

/** A message that is not yet among the messages of its room. */
export interface Outgoing extends StoredDraft {
  /** Of each of its `files` the upload; absent: none is known yet, or all are there since an earlier visit. */
  readonly uploads?: readonly Upload[] | undefined;
  /** Its files are lost with this page: this browser has no room for them. */
  readonly isUnkept?: boolean | undefined;
  /**
   * `sending`: waits for its turn, or for the answer. `sent`: stored; its message comes in a moment. `not-confirmed`: the
   * connection was lost before the answer, and it is asked again. `failed`: refused, see `error`.
   */
  readonly status: 'sending' | 'sent' | 'not-confirmed' | 'failed';
  /** Its place, once it is `sent`; of an edit or a reaction, the version that it made. */
  readonly seq: number | null;
}

/** A change of a message, the room or its people that is not seen in the room yet, or that was refused. */
export interface OutgoingChange extends Outgoing {
  readonly change: Change;
}

/** `stored` without what only a running client knows. */
export function storedDraft({ status: _, seq: __, uploads: ___, isUnkept: ____, ...stored }: Outgoing): StoredDraft {
  return stored;
}

/** Whether some of its files are not there yet. */
export function isWaiting({ files }: StoredDraft): boolean {
  return files?.some(({ attachment }) => !attachment) ?? false;
}
