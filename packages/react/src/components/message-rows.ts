import type { Message, Outgoing } from '@gongu/client';

/** One line of a conversation. Rows of one message keep their key when an own message is confirmed. */
export type MessageRow =
  | { readonly kind: 'beginning'; readonly key: string; readonly seq: null }
  | { readonly kind: 'day'; readonly key: string; readonly seq: null; readonly at: string }
  | { readonly kind: 'unread'; readonly key: string; readonly seq: null }
  | { readonly kind: 'system'; readonly key: string; readonly seq: number; readonly message: Message }
  | { readonly kind: 'notice'; readonly key: string; readonly seq: number; readonly message: Message }
  | {
      readonly kind: 'chat';
      readonly key: string;
      readonly seq: number;
      readonly message: Message;
      readonly isMine: boolean;
      /** First of several by one person: shows the name. */
      readonly isHead: boolean;
      /** Last of several within a minute: shows the time. */
      readonly isTail: boolean;
    }
  | { readonly kind: 'outgoing'; readonly key: string; readonly seq: null; readonly outgoing: Outgoing };

export interface MessageRowsOptions {
  readonly messages: readonly Message[];
  readonly outgoing: readonly Outgoing[];
  /** The own user's id. */
  readonly me: string | null;
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
  /** Own read mark when the room was entered: the unread divider comes after it. Null: no divider. */
  readonly unreadAfterSeq: number | null;
  /**
   * Messages that start a group whatever comes before them. Pass one set for as long as the list lives: what has been shown
   * as the first must not change its height when an older page comes.
   */
  readonly heads: Set<number>;
}

/** Milliseconds within which messages of one person belong together. */
const GROUP_MS = 5 * 60_000;

/** A conversation as rows. What stands above a message never depends on messages that are not loaded yet. */
export function messageRows(options: MessageRowsOptions): MessageRow[] {
  const { messages, outgoing, me, hasOlder, hasNewer, unreadAfterSeq, heads } = options;
  const rows: MessageRow[] = [];
  if (messages[0]) heads.add(messages[0].seq);
  if (!hasOlder && messages.length > 0) rows.push({ kind: 'beginning', key: 'beginning', seq: null });
  // Where the messages at hand don't reach back to the mark, the first unread one is not known.
  const reachesMark = unreadAfterSeq !== null && (!hasOlder || (messages[0]?.seq ?? 0) <= unreadAfterSeq + 1);
  let isDividerDue = reachesMark;
  messages.forEach((message, i) => {
    const { seq, kind, sender, createdAt } = message;
    const before = messages[i - 1];
    // Whether this is the day's first can't be known of the first one that is loaded.
    const startsDay = before ? dayOf(before.createdAt) !== dayOf(createdAt) : !hasOlder;
    if (startsDay) rows.push({ kind: 'day', key: `day-${seq}`, seq: null, at: createdAt });
    const isMine = sender !== null && sender.userId === me;
    if (isDividerDue && seq > unreadAfterSeq! && kind !== 'SYSTEM' && !isMine) {
      isDividerDue = false;
      // Above the first that is loaded its place is not known, and above the very first there is nothing to divide.
      if (before) rows.push({ kind: 'unread', key: 'unread', seq: null });
    }
    if (kind === 'SYSTEM') rows.push({ kind: 'system', key: `${seq}`, seq, message });
    else if (kind === 'NOTIFICATION') rows.push({ kind: 'notice', key: keyOf(message, isMine), seq, message });
    else {
      const after = messages[i + 1];
      const isHead = heads.has(seq) || startsDay || !belongs(before, message);
      rows.push({
        kind: 'chat',
        key: keyOf(message, isMine),
        seq,
        message,
        isMine,
        isHead,
        isTail: !after || !belongs(message, after) || minuteOf(createdAt) !== minuteOf(after.createdAt),
      });
    }
  });
  // Away from the end there is a gap between what is shown and what is being sent.
  if (!hasNewer) {
    const shown = new Set(rows.map(({ key }) => key));
    for (const each of outgoing) {
      const key = `own-${each.clientMessageId}`;
      if (!shown.has(key)) rows.push({ kind: 'outgoing', key, seq: null, outgoing: each });
    }
  }
  return rows;
}

/** The same for an own message on its way and arrived, so that its row stays what it is. */
function keyOf({ seq, clientMessageId }: Message, isMine: boolean): string {
  return isMine && clientMessageId !== null ? `own-${clientMessageId}` : `${seq}`;
}

function belongs(first: Message | undefined, second: Message): boolean {
  if (first?.kind !== 'CHAT' || second.kind !== 'CHAT') return false;
  if (first.sender?.userId !== second.sender?.userId) return false;
  return Date.parse(second.createdAt) - Date.parse(first.createdAt) < GROUP_MS;
}

/** The day in this browser's time zone. */
function dayOf(at: string): string {
  return new Date(at).toDateString();
}

function minuteOf(at: string): number {
  return Math.floor(Date.parse(at) / 60_000);
}
