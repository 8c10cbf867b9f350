import { written } from '@gongu/host';
import { AppError, type Reaction } from '@gongu/shared';
import type { Pool } from 'pg';
import type { Change, ChangeOutcome, MessageStore, PinOutcome, ReactOutcome } from '../room/ports/message-store.ts';
import type { StoredMessage } from '../room/ports/stored-message.ts';
import { afterChange, type Known } from './known-message.ts';
import { type MessageJson, messageOf } from './rows.ts';
import { boundOf, type SealedTexts } from './sealing/sealed-texts.ts';

/** Changed, and without its message: this one stood as it is in memory, or only its reactions are asked for. */
interface ChangeJson {
  outcome: string;
  message?: MessageJson;
  row?: MessageJson | null;
  mentions?: string[] | null;
  mentionsAll?: boolean | null;
  reactions?: Reaction[] | null;
}

/** $1 room, $2 seq. */
const STANDING_SQL = `SELECT sender_id AS "senderId", client_message_id AS "clientMessageId", content,
  signal_type AS "signalType", key_no AS "keyNo" FROM chat.messages WHERE room_id = $1 AND seq = $2`;

/** Stands in place of a text of which only the refusal is asked: an empty one would be refused for that. */
const WITHHELD = '-';

interface Standing {
  senderId: string | null;
  clientMessageId: string | null;
  content: string;
  signalType: string | null;
  keyNo: number | null;
}

/** What becomes of messages after they were sent, each one statement: the rules are the functions'. */
export function createMessageChanges({
  pool,
  texts,
}: {
  pool: Pool;
  texts: SealedTexts;
}): Pick<MessageStore, 'change' | 'react' | 'pin'> {
  async function ask(name: string, text: string, values: readonly unknown[]): Promise<ChangeJson> {
    const { rows } = await pool.query<{ change: ChangeJson }>({ name, text, values: [...values] });
    return rows[0]!.change;
  }

  /**
   * An edit's texts as they are kept, which needs those that stand: they are bound to more than the edit names, and only here
   * it is seen whether they are the same. What stands may be another one by the time of the edit, which is then STALE.
   */
  async function sealed({ roomId, seq, by, edit, known }: Change) {
    const clear = {
      ...{ content: edit?.content ?? null, same: null },
      ...{ seen: known?.clientMessageId ?? null, seenVersion: known?.version ?? null },
      ...{ keyNo: null, signalType: null },
    };
    if (!edit || !texts.keys.hasKeys) return clear;
    if (known && isAnother(known, by?.userId, edit.content)) {
      const { clientMessageId } = known;
      const key = await texts.keyOf(roomId);
      const bound = boundOf('content', { roomId, userId: by?.userId ?? null, clientMessageId });
      return {
        ...clear,
        ...{ same: false, keyNo: key?.keyNo ?? null },
        content: key && edit.content !== '' ? key.seal(bound, edit.content) : edit.content,
      };
    }
    const { rows } = await pool.query<Standing>({ name: 'edited-message', text: STANDING_SQL, values: [roomId, seq] });
    const row = rows[0];
    // The function refuses it, and says why, or says that it is there by now: it needs no text, which a database may log.
    if (!row || row.senderId !== (by?.userId ?? null)) {
      return { ...clear, same: false, seen: null, seenVersion: null, content: WITHHELD };
    }
    const place = { roomId, userId: row.senderId, clientMessageId: row.clientMessageId };
    const content = await texts.openText(row.keyNo, boundOf('content', place), row.content);
    const signal = row.signalType && (await texts.openText(row.keyNo, boundOf('signal', place), row.signalType));
    const key = await texts.keyOf(roomId);
    return {
      ...{ same: content === edit.content, seen: row.content, seenVersion: null, keyNo: key?.keyNo ?? null },
      content: key && edit.content !== '' ? key.seal(boundOf('content', place), edit.content) : edit.content,
      signalType: key && signal ? key.seal(boundOf('signal', place), signal) : signal,
    };
  }

  /** Edits or deletes, and says what the message is; anew where what it was made from is not what stands any more. */
  async function change(wanted: Change): Promise<ChangeOutcome> {
    const { roomId, seq, by, isAdmin, edit } = wanted;
    for (let tries = 1; ; tries++) {
      const known = tries === 1 ? wanted.known : undefined;
      const text = await sealed({ ...wanted, known });
      const readable = known && isReadable(known) ? known : null;
      const answer = await written(
        () =>
          ask(
            'change-message',
            `SELECT chat.change_message($1, $2::bigint, $3, $4, $5, $6, $7, $8, $9::bigint, $10::int, $11::jsonb, $12, $13,
          $14::bool, $15, $16::int, $17, $18::bigint, $19) AS change`,
            [
              ...[roomId, seq, edit ? 'edited' : 'deleted'],
              ...[by?.userId ?? null, by?.nickname ?? null, by?.tag ?? null, isAdmin],
              ...[text.content, edit?.ifVersion ?? null, edit?.windowS ?? null],
              ...[
                edit?.mentions ? JSON.stringify(edit.mentions) : null,
                edit?.mentionsAll ?? null,
                edit?.masked ?? null,
              ],
              ...[text.same, text.seen, text.keyNo, text.signalType, text.seenVersion],
              readable !== null,
            ],
          ),
        { idempotent: true },
      );
      if (answer.outcome !== 'STALE') return outcomeOf(answer, readable, edit);
      if (tries === 5) throw new AppError('UNAVAILABLE', { detail: 'The message is being changed by others' });
      texts.keys.forget(roomId);
    }
  }

  async function outcomeOf(
    { outcome, message, row, ...rest }: ChangeJson,
    known: Known | null,
    edit: Change['edit'],
  ): Promise<ChangeOutcome> {
    if (message) await texts.openWritten([message]);
    const { mentions, mentionsAll } = rest;
    const after = edit && {
      ...{ content: edit.content, masked: edit.masked === true },
      ...{ mentions: mentions ?? [], mentionsAll: mentionsAll === true },
    };
    const target = message ? messageOf(message) : row && known && afterChange(known, row, after);
    if (!target) return { outcome } as ChangeOutcome;
    return { outcome, message: target, row: row ? messageOf(row, target) : null } as ChangeOutcome;
  }

  return {
    change,

    async react({ roomId, seq, by, emoji, on }) {
      const { outcome, message, row, reactions } = await written(
        () =>
          ask('react-message', 'SELECT chat.react_message($1, $2::bigint, $3, $4, $5, $6, $7, true) AS change', [
            roomId,
            seq,
            emoji,
            on,
            by.userId,
            by.nickname,
            by.tag,
          ]),
        { idempotent: true },
      );
      if (message) {
        const { reactions, version } = message.change ?? { reactions: null, version: null };
        return { outcome, reactions: reactions ?? [], version: version ?? seq, row: null } as ReactOutcome;
      }
      if (!row) return { outcome } as ReactOutcome;
      const data = { ...(row.data as object), emoji, on, seq, version: row.seq, reactions: reactions ?? [] };
      const told = messageOf({ ...row, data, change: null });
      return { outcome, reactions: data.reactions, version: row.seq, row: told } as ReactOutcome;
    },

    async pin({ roomId, seq, by, isAdmin, on }) {
      const { outcome, row } = await written(
        () =>
          ask('pin-message', 'SELECT chat.pin_message($1, $2::bigint, $3, $4, $5, $6, $7) AS change', [
            roomId,
            seq,
            on,
            by?.userId ?? null,
            by?.nickname ?? null,
            by?.tag ?? null,
            isAdmin,
          ]),
        { idempotent: true },
      );
      const isDone = outcome === 'changed' || outcome === 'same';
      return (isDone ? { outcome, row: row ? messageOf(row) : null } : { outcome }) as PinOutcome;
    },
  };
}

/** Whether what becomes of it can be told from it. What could not be opened may be by now. */
function isReadable(known: StoredMessage): known is Known {
  return known.kind !== 'SYSTEM' && !known.unreadable;
}

/** Whether it is a message of this user's with another text. Of the same text only what stands says that nothing changes. */
function isAnother(known: StoredMessage, userId: string | undefined, content: string): boolean {
  return known.kind !== 'SYSTEM' && known.sender?.userId === userId && known.content !== content;
}
