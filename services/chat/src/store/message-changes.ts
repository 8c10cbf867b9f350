import { written } from '@gongu/host';
import type { Pool } from 'pg';
import type { ChangeOutcome, MessageStore, PinOutcome, ReactOutcome } from '../room/ports/message-store.ts';
import { type MessageJson, messageOf } from './rows.ts';

interface ChangeJson {
  outcome: string;
  message?: MessageJson;
  row?: MessageJson | null;
}

/** What becomes of messages after they were sent, each one statement: the rules are the functions'. */
export function createMessageChanges({ pool }: { pool: Pool }): Pick<MessageStore, 'change' | 'react' | 'pin'> {
  async function ask(name: string, text: string, values: readonly unknown[]): Promise<ChangeJson> {
    const { rows } = await pool.query<{ change: ChangeJson }>({ name, text, values: [...values] });
    return rows[0]!.change;
  }

  return {
    async change({ roomId, seq, by, isAdmin, edit }) {
      const { outcome, message, row } = await written(
        () =>
          ask(
            'change-message',
            'SELECT chat.change_message($1, $2::bigint, $3, $4, $5, $6, $7, $8, $9::bigint, $10::int, $11::jsonb, $12, $13) AS change',
            [
              ...[roomId, seq, edit ? 'edited' : 'deleted'],
              ...[by?.userId ?? null, by?.nickname ?? null, by?.tag ?? null, isAdmin],
              ...[edit?.content ?? null, edit?.ifVersion ?? null, edit?.windowS ?? null],
              ...[
                edit?.mentions ? JSON.stringify(edit.mentions) : null,
                edit?.mentionsAll ?? null,
                edit?.masked ?? null,
              ],
            ],
          ),
        { idempotent: true },
      );
      if (!message) return { outcome } as ChangeOutcome;
      const target = messageOf(message);
      return { outcome, message: target, row: row ? messageOf(row, target) : null } as ChangeOutcome;
    },

    async react({ roomId, seq, by, emoji, on }) {
      const { outcome, message, row } = await written(
        () =>
          ask('react-message', 'SELECT chat.react_message($1, $2::bigint, $3, $4, $5, $6, $7) AS change', [
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
      if (!message) return { outcome } as ReactOutcome;
      const target = messageOf(message);
      const told = row ? { ...row, data: { ...(row.data as object), emoji, on } } : null;
      return { outcome, message: target, row: told && messageOf(told, target) } as ReactOutcome;
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
