import { type Attachment, messageId, type Participant, type Reaction, type RoomStatus } from '@gongu/shared';
import type { MemberRow } from '../room/ports/member-row.ts';
import type { RoomRow } from '../room/ports/room-row.ts';
import type { StoredMessage } from '../room/ports/stored-message.ts';

/** A file as it is kept: its name may be sealed, with the key of this number. */
export type StoredAttachment = Attachment & { keyNo?: number };

/** What the function `message_json` makes of a row. */
export interface MessageJson {
  roomId: string;
  seq: number;
  chatNo: number;
  kind: string;
  senderId: string | null;
  senderNickname: string | null;
  senderTag: string | null;
  clientMessageId: string | null;
  content: string;
  replyTo: number | null;
  data: unknown;
  signalType?: string | null;
  createdAt: string;
  mentions?: string[] | null;
  mentionsAll?: boolean | null;
  masked?: boolean | null;
  /** The key that `content`, `data` and `signalType` are sealed with; null or absent: they are clear. */
  keyNo?: number | null;
  /** They could not be opened. */
  unreadable?: true;
  change: ChangeOfRow | null;
}

/** What became of a row after it was stored; `of`: it is a row of change, and that is the `seq` of its target. */
export interface ChangeOfRow {
  version: number | null;
  editedAt: string | null;
  deletedAt: string | null;
  reactions: Reaction[] | null;
  attachments?: StoredAttachment[] | null;
  of: number | null;
}

/**
 * A row as a message. What its `data` holds was made by the migrations' functions, or checked where it was stored. A row of
 * change names its target; `target`: that one, and then it is written out.
 */
export function messageOf(row: MessageJson, target?: StoredMessage): StoredMessage {
  const { change } = row;
  const data = change?.of == null ? row.data : changeData(row, change.of, target);
  const message = {
    roomId: row.roomId,
    seq: row.seq,
    messageId: messageId(row.roomId, row.seq),
    kind: row.kind,
    sender:
      row.senderId === null
        ? null
        : { userId: row.senderId, nickname: row.senderNickname ?? row.senderId, tag: row.senderTag },
    content: row.content,
    replyTo: row.replyTo === null ? null : messageId(row.roomId, row.replyTo),
    clientMessageId: row.clientMessageId,
    ...(data === null || data === undefined ? {} : { data }),
    ...(row.signalType == null ? {} : { signalType: row.signalType }),
    createdAt: row.createdAt,
    ...(row.mentions?.length ? { mentions: row.mentions } : {}),
    ...(row.mentionsAll ? { mentionsAll: true } : {}),
    ...(row.masked ? { masked: true } : {}),
    ...(row.unreadable ? { unreadable: true } : {}),
    ...(change?.editedAt ? { editedAt: change.editedAt } : {}),
    ...(change?.deletedAt ? { deletedAt: change.deletedAt } : {}),
    ...(change?.reactions ? { reactions: change.reactions } : {}),
    ...(change?.attachments ? { attachments: change.attachments } : {}),
    version: change?.version ?? row.seq,
    chatNo: row.chatNo,
  };
  return message as StoredMessage;
}

/** Whether a row of change says what the message is, for which this one must be read; else all of it is in the row. */
export function writesOut({ change, data }: MessageJson): boolean {
  if (change?.of == null) return false;
  const what = (data as { change?: string }).change;
  return what === 'edited' || what === 'deleted' || what === 'reacted';
}

function changeData(row: MessageJson, seq: number, target: StoredMessage | undefined): object {
  const data = row.data as object;
  if (!writesOut(row)) return { ...data, seq };
  if (!target) return { ...data, seq, version: row.seq };
  // Its version is that of the row also where there are newer ones: they changed something else, perhaps.
  if ('change' in data && data.change === 'reacted')
    return { ...data, seq, version: row.seq, reactions: reactionsTo(target) };
  // Nested in another one it is as any wire has it.
  const { chatNo: _, signalType: __, ...message } = target;
  return { ...data, message };
}

/** The reactions to a message; none to a row of the service. */
function reactionsTo(message: StoredMessage): readonly Reaction[] {
  return (message.kind !== 'SYSTEM' && message.reactions) || [];
}

/** What `room_json` with `lastChatNo` makes of a row. */
export type RoomJson = Omit<RoomRow, 'status'> & { status: string };

export function roomOf(row: RoomJson): RoomRow {
  return { ...row, status: row.status as RoomStatus };
}

/** What `member_row_json` of this folder's queries makes of a row. */
export type MemberJson = MemberRow;

/** SQL that makes a `MemberJson` of the alias `m`. */
export const MEMBER_JSON_SQL = `jsonb_build_object(
  'userId', m.user_id, 'nickname', m.nickname, 'tag', m.tag, 'host', m.host, 'committed', m.committed,
  'joinedAt', chat.iso(m.joined_at), 'joinedSeq', m.joined_seq, 'lastReadSeq', m.last_read_seq,
  'lastReadChatNo', m.last_read_chat_no)`;

/** SQL that makes a `RoomJson` of the alias `r`. */
export const ROOM_JSON_SQL = `chat.room_json(r) || jsonb_build_object(
  'lastChatNo', r.last_chat_no, 'lastMentionSeq', r.last_mention_seq, 'epoch', r.epoch, 'firstSeq', r.first_seq,
  'goneChatNo', r.gone_chat_no)`;

/** The answer of the functions that change a room. */
export interface ChangeJson {
  outcome: string;
  room?: RoomJson;
  messages?: MessageJson[];
  provisional?: boolean;
  participant?: Participant | null;
  waitMs?: number;
  removed?: boolean;
  beyond?: number;
}

/** A function's answer as a change, or as a refusal that is only its name. */
export function changeOf<T>(json: ChangeJson): T {
  const { outcome, waitMs, removed } = json;
  if (!json.room) return { outcome, ...(waitMs === undefined ? {} : { waitMs, removed }) } as T;
  return {
    outcome,
    room: roomOf(json.room),
    messages: (json.messages ?? []).map((row) => messageOf(row)),
    participant: json.participant ?? null,
    ...(json.beyond === undefined ? {} : { beyond: json.beyond }),
    ...(json.provisional === undefined ? {} : { provisional: json.provisional }),
  } as T;
}
