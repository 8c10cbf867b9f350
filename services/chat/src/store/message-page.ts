import type { Pool } from 'pg';
import type { MessageStore, PageQuery } from '../room/ports/message-store.ts';
import { type MessageJson, messageOf } from './rows.ts';

/**
 * $1 room, $2 reader or null, $3 seq, offset or null, $4 limit. One statement, so that all is of one moment; messages are
 * read only for who may see them.
 */
const statement = (where: string, order: 'ASC' | 'DESC', open: string) => `
  SELECT room, reader, CASE WHEN reader THEN (
      SELECT coalesce(json_agg(chat.message_json(m::chat.messages) ORDER BY m.seq), '[]') FROM (
        SELECT * FROM chat.messages WHERE room_id = $1 AND ${where} ORDER BY seq ${order} LIMIT $4) m)
    ELSE '[]' END AS messages
  FROM (SELECT EXISTS (SELECT FROM chat.rooms WHERE room_id = $1) AS room,
    $2::text IS NULL OR EXISTS (SELECT FROM chat.rooms WHERE room_id = $1 AND ${open}) OR EXISTS (
      SELECT FROM chat.members m
      WHERE m.room_id = $1 AND m.user_id = $2 AND chat.is_present(m.left_at)) AS reader OFFSET 0) asked`;

/**
 * A text for each question, so that each is planned by its key: a nullable bound would read the room from one end. `open`:
 * which rooms may be read by who is no member.
 */
const statementsOf = (open: string) => ({
  newest: statement('$3::bigint IS NULL', 'DESC', open),
  before: statement('seq < $3::bigint', 'DESC', open),
  after: statement('seq > $3::bigint', 'ASC', open),
  // No `seq` is left out, so an offset is one: SQL's OFFSET would read all that it leaves out, a whole room for a big one.
  offset: statement('seq <= (SELECT last_seq - $3::bigint FROM chat.rooms WHERE room_id = $1)', 'DESC', open),
});

export interface MessagePageOptions {
  readonly pool: Pool;
  /** Whether rooms that are ACTIVE may be read by who is no member. */
  readonly isWatchable: boolean;
}

interface PageRow {
  room: boolean;
  reader: boolean;
  messages: MessageJson[];
}

/**
 * A page of history. Through node-postgres with a prepared statement, as pages are what a shop's chat reads most: three
 * queries through Prisma took 2.5 ms of CPU a page, this takes half (`pnpm bench history`).
 */
export function createMessagePage({ pool, isWatchable }: MessagePageOptions): MessageStore['page'] {
  const statements = statementsOf(isWatchable ? "(product_id IS NULL OR status = 'ACTIVE')" : 'product_id IS NULL');
  return async (roomId, readerId, query) => {
    const which = kindOf(query);
    const { rows } = await pool.query<PageRow>({
      name: `page-${which}`,
      text: statements[which],
      values: [roomId, readerId, query.after ?? query.before ?? query.offset ?? null, query.limit],
    });
    const found = rows[0]!;
    if (!found.room) return 'NOT_FOUND';
    return found.reader ? found.messages.map(messageOf) : 'NOT_A_MEMBER';
  };
}

function kindOf({ after, before, offset }: PageQuery): keyof ReturnType<typeof statementsOf> {
  if (after != null) return 'after';
  if (before != null) return 'before';
  return offset == null ? 'newest' : 'offset';
}
