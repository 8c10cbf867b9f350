import { LIMITS } from '@gongu/shared';
import type { Pool } from 'pg';
import type { MessageStore, PageQuery, PageRefusal } from '../room/ports/message-store.ts';
import type { MessageJson } from './rows.ts';
import type { WholeRows } from './whole-rows.ts';

/** As many rows as hold `$4` that are no rows of change, and one more of change than a page has. */
const WIDE = `$4 + ${LIMITS.pageChanges + 1}`;

/**
 * $1 room, $2 reader or null, $3 seq, offset or null, $4 limit. One statement, so that all is of one moment; messages are
 * read only for who may see them.
 */
const statement = (where: string, order: 'ASC' | 'DESC', open: string, limit = '$4') => `
  SELECT room, reader, CASE WHEN reader THEN (
      SELECT coalesce(json_agg(chat.message_json(m::chat.messages) ORDER BY m.seq), '[]') FROM (
        SELECT * FROM chat.messages WHERE room_id = $1 AND ${where} ORDER BY seq ${order} LIMIT ${limit}) m)
    ELSE '[]' END AS messages
  FROM (SELECT EXISTS (SELECT FROM chat.rooms WHERE room_id = $1) AS room,
    $2::text IS NULL OR EXISTS (SELECT FROM chat.rooms WHERE room_id = $1 AND ${open}
      AND NOT (restricted AND ${BANNED_SQL})) OR EXISTS (
      SELECT FROM chat.members m
      WHERE m.room_id = $1 AND m.user_id = $2 AND chat.is_present(m.left_at)) AS reader OFFSET 0) asked`;

const BANNED_SQL = `chat.restriction_of($1, $2) IS NOT DISTINCT FROM 'BAN'`;

const MAX_SEQ = '9223372036854775807';

/**
 * A text for each question, so that each is planned by its key: a nullable bound would read the room from one end. `open`:
 * which rooms may be read by who is no member.
 */
const WHERE = {
  newest: ['$3::bigint IS NULL', 'DESC'],
  before: ['seq < $3::bigint', 'DESC'],
  after: ['seq > $3::bigint', 'ASC'],
  // No `seq` is left out, so an offset is one: SQL's OFFSET would read all that it leaves out, a whole room for a big one.
  offset: ['seq <= (SELECT last_seq - $3::bigint FROM chat.rooms WHERE room_id = $1)', 'DESC'],
} as const;
type Which = keyof typeof WHERE;

/** By an index of these alone, without what the service says for programs; the bound is there for the sake of the other texts. */
const NOTICE = "kind = 'NOTIFICATION' AND deleted_at IS NULL AND data IS NULL AND $3::bigint IS NULL";

/** The same where rows of change are among them: as far as the last of the `$4` others, which bounds what is read. */
function wideStatement(where: string, order: 'ASC' | 'DESC', open: string): string {
  const last = `(SELECT seq FROM chat.messages WHERE room_id = $1 AND ${where} AND changes_seq IS NULL
    ORDER BY seq ${order} OFFSET $4 - 1 LIMIT 1)`;
  const bound = order === 'ASC' ? `seq <= coalesce(${last}, ${MAX_SEQ})` : `seq >= coalesce(${last}, 0)`;
  return statement(`${where} AND ${bound}`, order, open, WIDE);
}

export interface MessagePageOptions {
  readonly pool: Pool;
  readonly whole: WholeRows;
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
export function createMessagePage({
  pool,
  whole,
  isWatchable,
}: MessagePageOptions): Pick<MessageStore, 'page' | 'newestNotice'> {
  const open = isWatchable ? "(product_id IS NULL OR status = 'ACTIVE')" : 'product_id IS NULL';
  const statements = new Map([['newest-notice', statement(NOTICE, 'DESC', open)]]);
  for (const which of Object.keys(WHERE) as Which[]) {
    const [where, order] = WHERE[which];
    statements.set(`page-${which}`, statement(where, order, open));
    statements.set(`page-${which}-wide`, wideStatement(where, order, open));
  }

  async function ask(name: string, values: readonly unknown[]): Promise<PageRow> {
    const { rows } = await pool.query<PageRow>({ name, text: statements.get(name)!, values: [...values] });
    return rows[0]!;
  }

  async function refusal(roomId: string, readerId: string | null): Promise<PageRefusal> {
    const text = `SELECT ${BANNED_SQL} AS banned`;
    const { rows } = await pool.query<{ banned: boolean }>({ name: 'is-banned', text, values: [roomId, readerId] });
    return rows[0]!.banned ? 'BANNED' : 'NOT_A_MEMBER';
  }

  return {
    async page(roomId, readerId, query) {
      const which = kindOf(query);
      const values = [roomId, readerId, query.after ?? query.before ?? query.offset ?? null, query.limit];
      let found = await ask(`page-${which}`, values);
      // Mostly there are none, and then all is read with the first.
      if (found.messages.some(({ change }) => change?.of != null)) found = await ask(`page-${which}-wide`, values);
      if (!found.room) return 'NOT_FOUND';
      return found.reader ? whole(found.messages) : refusal(roomId, readerId);
    },

    async newestNotice(roomId, readerId) {
      const { room, reader, messages } = await ask('newest-notice', [roomId, readerId, null, 1]);
      if (!room) return 'NOT_FOUND';
      if (!reader) return refusal(roomId, readerId);
      return (await whole(messages))[0] ?? null;
    },
  };
}

function kindOf({ after, before, offset }: PageQuery): Which {
  if (after != null) return 'after';
  if (before != null) return 'before';
  return offset == null ? 'newest' : 'offset';
}
