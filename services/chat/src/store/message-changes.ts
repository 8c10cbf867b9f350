import { written } from '@gongu/host';
import type { Pool } from 'pg';
import type { ChangeOutcome, MessageStore } from '../room/ports/message-store.ts';
import { type MessageJson, messageOf } from './rows.ts';

interface ChangeJson {
  outcome: string;
  message?: MessageJson;
  row?: MessageJson | null;
}

/** Edits and deletions, each one statement: the rules are the function's. */
export function createMessageChanges({ pool }: { pool: Pool }): MessageStore['change'] {
  return ({ roomId, seq, by, isAdmin, edit }) =>
    written(
      async () => {
        const { rows } = await pool.query<{ change: ChangeJson }>({
          name: 'change-message',
          text: 'SELECT chat.change_message($1, $2::bigint, $3, $4, $5, $6, $7, $8, $9::bigint, $10::int) AS change',
          values: [
            ...[roomId, seq, edit ? 'edited' : 'deleted'],
            ...[by?.userId ?? null, by?.nickname ?? null, by?.tag ?? null, isAdmin],
            ...[edit?.content ?? null, edit?.ifVersion ?? null, edit?.windowS ?? null],
          ],
        });
        const { outcome, message, row } = rows[0]!.change;
        if (!message) return { outcome } as ChangeOutcome;
        const target = messageOf(message);
        return { outcome, message: target, row: row ? messageOf(row, target) : null } as ChangeOutcome;
      },
      { idempotent: true },
    );
}
