import type { Pool } from 'pg';
import type { MessageStore } from '../room/ports/message-store.ts';
import type { MessageJson } from './rows.ts';
import type { WholeRows } from './whole-rows.ts';

export interface MessageStoreOptions extends Pick<MessageStore, 'append'> {
  readonly pool: Pool;
  readonly changes: Pick<MessageStore, 'change' | 'react' | 'pin'>;
  readonly reactions: Pick<MessageStore, 'reactions' | 'own' | 'isWithin'>;
  readonly pages: Pick<MessageStore, 'page' | 'newestNotice'>;
  readonly whole: WholeRows;
}

const AFTER_SQL = `SELECT chat.message_json(m::chat.messages) AS message FROM (
  SELECT * FROM chat.messages WHERE room_id = $1 AND seq > $2 ORDER BY seq LIMIT $3) m ORDER BY m.seq`;

/** Messages in PostgreSQL. */
export function createMessageStore({
  pool,
  whole,
  append,
  changes,
  reactions,
  pages,
}: MessageStoreOptions): MessageStore {
  return {
    append,
    ...changes,
    ...reactions,
    ...pages,

    async after(roomId, afterSeq, limit) {
      const { rows } = await pool.query<{ message: MessageJson }>({
        ...{ name: 'messages-after', text: AFTER_SQL, values: [roomId, afterSeq, limit] },
      });
      return whole(rows.map(({ message }) => message));
    },

    async before(roomId, before, limit) {
      const rows = await pages.page(roomId, null, { before, limit });
      return typeof rows === 'string' ? [] : rows;
    },
  };
}
