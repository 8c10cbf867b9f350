import { unavailable } from '@gongu/host';
import { AppError } from '@gongu/shared';
import type { Pool } from 'pg';
import type { AppendOutcome, Draft } from '../room/ports/message-store.ts';
import type { Failure } from '../room/ports/outcome.ts';
import { type AppendColumns, appendColumns } from './append-columns.ts';
import { createBatch, LOCK_NOT_AVAILABLE } from './batch.ts';
import { createHeldRooms } from './held-rooms.ts';
import type { StoredAttachment } from './rows.ts';
import type { NoKey } from './sealing/room-keys.ts';
import { type SealedDraft, sealDrafts } from './sealing/seal-drafts.ts';
import type { SealedTexts } from './sealing/sealed-texts.ts';
import type { UploadSeals } from './upload-seals.ts';

/** SQLSTATE classes 22 and 23: the data of some row is at fault, so the others can be stored without it. */
const DATA_ERROR = /^2[23]/;

const SQL = `SELECT ord, outcome, seq, chat_no, created_at FROM chat.append_messages(
  $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::text[], $10::text[],
  $11::int[], $12::bool[])`;

const FRESH_SQL = `SELECT last_seq, last_chat_no, created_at FROM chat.append_fresh(
  $1::text[], $2::int[], $3::int[], $4::text[], $5::bool[], $6::bigint[], $7::int[], $8::int[], $9::int[],
  $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::bigint[], $17::text[], $18::text[],
  $19::int[])`;

// With what is noted beside some of them: the place of each such among all, the number of its room, and its place there.
const FRESH_NOTING_SQL = `WITH stored AS MATERIALIZED (
    SELECT f.*, row_number() OVER () AS no FROM (${FRESH_SQL}) f)
  SELECT s.last_seq, s.last_chat_no, s.created_at, (
    SELECT jsonb_object_agg(i.n, chat.add_notes(($1::text[])[s.no], s.last_seq + i.place, i.notes::jsonb, false))
    FROM unnest($20::int[], $21::int[], $22::int[], $23::text[]) i (n, room_no, place, notes) WHERE i.room_no = s.no) AS mentions
  FROM stored s ORDER BY s.no`;

const NOTING_SQL = `SELECT ord, outcome, seq, chat_no, created_at, mentions FROM chat.append_noting(
  $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::text[], $10::text[],
  $11::text[], $12::bool[], $13::int[], $14::bool[]) ORDER BY ord`;
const ATTACHED_SQL = `SELECT outcome, seq, chat_no, created_at, mentions, attachments
  FROM chat.append_attached($1, $2, $3, $4, $5, $6, $7, $8::bigint, $9, $10, $11, $12::bool, $13::text[], $14::int, $15::bool)`;

/** STALE_KEY: the room has another key than the one that it was sealed with. */
type Out = AppendOutcome | { readonly outcome: 'STALE_KEY' };

export interface AppendBatchOptions {
  readonly pool: Pool;
  readonly texts: SealedTexts;
  readonly uploads: Pick<UploadSeals, 'sealNamed'>;
}

interface AppendRow {
  outcome: string;
  seq: string | null;
  chat_no: string | null;
  created_at: string;
  mentions?: string[] | null;
}

interface FreshRow {
  last_seq: string;
  last_chat_no: string;
  created_at: string;
  /** By place in the batch. */
  mentions?: Readonly<Record<string, string[]>> | null;
}

/**
 * The append: drafts of any rooms, one round trip, one transaction. It goes through node-postgres with a prepared
 * statement because it is the hot path: measured with PostgreSQL 18 and 100-character texts, a batch of 1 takes 0.85 ms
 * here against 1.1 ms through Prisma's `$queryRaw`, and at 1 000 messages a second 100 ms of CPU a second against 265.
 * The same drafts again find what they stored.
 */
export function createAppendBatch({ pool, texts, uploads }: AppendBatchOptions) {
  const { keys } = texts;
  const options = {
    idempotent: true,
    held: createHeldRooms({ pool }),
    refusal(state: string): Out | undefined {
      if (state === LOCK_NOT_AVAILABLE) return { outcome: 'BUSY' };
      return DATA_ERROR.test(state) ? { outcome: 'REFUSED_DATA' } : undefined;
    },
  };
  const appendMany = createBatch<SealedDraft, Out>({ ...options, run: (drafts) => query(pool, drafts) });
  const attach = createBatch<SealedDraft, Out>({
    ...options,
    run: async ([draft]) => [await attached(pool, draft!, texts)],
  });

  async function store(drafts: readonly SealedDraft[]): Promise<readonly (Out | Failure)[]> {
    if (!drafts.some((draft) => draft.attachments)) return appendMany(drafts);
    // What is in front of a file in a room must not come after it.
    const outcomes: (Out | Failure)[] = [];
    for (const part of parts(drafts)) {
      try {
        outcomes.push(...(await (part[0]!.attachments ? attach(part) : appendMany(part))));
      } catch (error) {
        if (outcomes.length === 0) throw error;
        outcomes.push(...part.map(() => ({ outcome: 'FAILED', error }) as const));
        // The database is away: the rest would wait as long, part by part, and was not sent.
        const rest = drafts.slice(outcomes.length);
        return [...outcomes, ...rest.map(() => ({ outcome: 'FAILED', error: unavailable(error) }) as const)];
      }
    }
    return outcomes;
  }

  /** Seals and stores; what was sealed with a key that is not the room's any more is sealed anew. */
  async function append(drafts: readonly Draft[], again = 2): Promise<readonly (AppendOutcome | Failure)[]> {
    const sealed = await sealDrafts(keys, drafts);
    if (keys.isOn && drafts.some(({ attachments }) => attachments)) {
      await uploads.sealNamed(drafts.flatMap(({ attachments = [] }) => attachments));
    }
    const sent = sealed.flatMap((draft) => ('outcome' in draft ? [] : draft));
    if (sent.length === 0 && sealed.length > 0) {
      const [first] = sealed as NoKey[];
      if (first && 'error' in first) throw first.error;
      return sealed as NoKey[];
    }
    const stored = (await store(sent)).values();
    const outcomes = sealed.map((draft) => ('outcome' in draft ? draft : stored.next().value!));
    const stale = outcomes.flatMap(({ outcome }, i) => (outcome === 'STALE_KEY' ? drafts[i]! : []));
    if (stale.length === 0) return outcomes as (AppendOutcome | Failure)[];
    for (const { roomId } of stale) keys.forget(roomId);
    // What is stored is stored, whatever becomes of the others.
    const fresh = again > 0 ? (await append(stale, again - 1).catch(failedAll(stale))).values() : null;
    const failed = {
      outcome: 'FAILED',
      error: new AppError('UNAVAILABLE', { detail: 'The room has another key' }),
    } as const;
    return outcomes.map((out) => (out.outcome === 'STALE_KEY' ? (fresh ? fresh.next().value! : failed) : out));
  }

  return (drafts: readonly Draft[]) => append(drafts);
}

function failedAll(drafts: readonly Draft[]) {
  return (cause: unknown): readonly Failure[] => {
    const error = cause instanceof AppError ? cause : unavailable(cause);
    return drafts.map(() => ({ outcome: 'FAILED', error }));
  };
}

/** Drafts one after the other: each with files alone, those between them together. */
function parts(drafts: readonly SealedDraft[]): SealedDraft[][] {
  const out: SealedDraft[][] = [];
  for (const draft of drafts) {
    const last = out.at(-1);
    if (!last || draft.attachments || last[0]!.attachments) out.push([draft]);
    else last.push(draft);
  }
  return out;
}

async function query(pool: Pool, drafts: readonly SealedDraft[]): Promise<readonly Out[]> {
  const given = {
    senders: drafts.map((draft) => draft.sender?.userId ?? null),
    // In the order in which both functions have them.
    others: [
      drafts.map((draft) => draft.sender?.nickname ?? null),
      drafts.map((draft) => draft.sender?.tag ?? null),
      drafts.map((draft) => draft.clientMessageId),
      drafts.map((draft) => draft.kind),
      drafts.map(({ sealed }) => sealed.content),
      drafts.map((draft) => draft.replyTo),
      drafts.map(({ sealed }) => sealed.data),
      drafts.map(({ sealed }) => sealed.signalType),
    ],
  };
  // Whether somebody is the host is judged there. One alone has a shorter way in `append_messages`.
  const isJudged = drafts.length === 1 || drafts.some(({ mentionsAll }) => mentionsAll);
  const columns = isJudged ? null : appendColumns(drafts);
  const stored = columns && (await allFresh(pool, drafts, columns, given));
  return stored ?? judged(pool, drafts, given);
}

interface Given {
  readonly senders: readonly (string | null)[];
  readonly others: readonly (readonly unknown[])[];
}

/** Null: something is wrong with one of them, and nothing is stored. */
async function allFresh(
  pool: Pool,
  drafts: readonly SealedDraft[],
  columns: AppendColumns,
  given: Given,
): Promise<readonly AppendOutcome[] | null> {
  const { rooms, keyNos, counts, pairRooms, pairSenders, pairNotices, pairReplies, pairLasts, roomNos, places } =
    columns;
  const noting = drafts.flatMap((draft, i) => (hasNotes(draft) ? i : []));
  const notes = [
    noting,
    noting.map((i) => roomNos[i]),
    noting.map((i) => places[i]),
    noting.map((i) => notesOf(drafts[i]!)),
  ];
  // Batches without notes, as most are, cost what they did before there were any.
  const { rows } = await pool.query<FreshRow>({
    name: noting.length > 0 ? 'append-fresh-noting' : 'append-fresh',
    text: noting.length > 0 ? FRESH_NOTING_SQL : FRESH_SQL,
    values: [
      ...[rooms, counts, pairRooms, pairSenders, pairNotices, pairReplies, pairLasts, roomNos, places],
      ...[given.senders, ...given.others, keyNos],
      ...(noting.length > 0 ? notes : []),
    ],
  });
  if (rows.length === 0) return null;
  const before = rows.map((row) => ({ seq: Number(row.last_seq), chatNo: Number(row.last_chat_no) }));
  return roomNos.map((roomNo, i) => {
    const { seq, chatNo } = before[roomNo - 1]!;
    const place = places[i]!;
    const mentioned = rows[roomNo - 1]!.mentions?.[i];
    return {
      ...{ outcome: 'stored', seq: seq + place, chatNo: chatNo + place, createdAt: rows[0]!.created_at },
      ...(mentioned ? { mentions: mentioned } : {}),
    };
  });
}

function hasNotes({ mentions = [], mentionsAll = false, masked }: Draft): boolean {
  return mentionsAll || masked === true || mentions.length > 0;
}

function notesOf({ mentions = [], masked }: Draft): string {
  return JSON.stringify({ mentions, masked: masked === true });
}

async function attached(pool: Pool, draft: SealedDraft, texts: SealedTexts): Promise<Out> {
  const { roomId, sender, sealed } = draft;
  const { rows } = await pool.query<AppendRow & { attachments: StoredAttachment[] | null }>({
    name: 'append-attached',
    text: ATTACHED_SQL,
    values: [
      ...[roomId, sender?.userId ?? null, sender?.nickname ?? null, sender?.tag ?? null, draft.clientMessageId],
      ...[draft.kind, sealed.content, draft.replyTo, sealed.data],
      ...[sealed.signalType, hasNotes(draft) ? notesOf(draft) : null],
      ...[draft.mentionsAll ?? false, draft.attachments, sealed.keyNo, draft.isAdmin ?? false],
    ],
  });
  const { attachments, ...row } = rows[0]!;
  const outcome = outcomeOf(row);
  if (!attachments) return outcome;
  const userId = sender?.userId ?? null;
  // It is stored by now, whatever becomes of the keys of its names.
  const files = await texts
    .openFiles(attachments.map((file) => ({ file, roomId, userId })))
    .catch(() => attachments.map(({ keyNo, ...file }) => (keyNo === undefined ? file : { ...file, name: '' })));
  return { ...outcome, attachments: files } as Out;
}

async function judged(pool: Pool, drafts: readonly SealedDraft[], given: Given): Promise<readonly Out[]> {
  const noting = drafts.some(hasNotes);
  const keyNos = drafts.map(({ sealed }) => sealed.keyNo);
  const admins = drafts.some(({ isAdmin }) => isAdmin) ? drafts.map(({ isAdmin = false }) => isAdmin) : null;
  const notes = [
    drafts.map((draft) => (hasNotes(draft) ? notesOf(draft) : null)),
    drafts.map((draft) => draft.mentionsAll ?? false),
  ];
  const result = await pool.query<AppendRow>({
    name: noting ? 'append-noting' : 'append-messages',
    text: noting ? NOTING_SQL : SQL,
    values: [
      drafts.map((draft) => draft.roomId),
      given.senders,
      ...given.others,
      ...(noting ? notes : []),
      keyNos,
      admins,
    ],
  });
  if (result.rows.length !== drafts.length) throw new AppError('INTERNAL', { detail: 'append answered too few rows' });
  return result.rows.map(outcomeOf);
}

function outcomeOf(row: AppendRow): Out {
  if (row.outcome === 'stored' || row.outcome === 'duplicate') {
    return {
      ...{ outcome: row.outcome, seq: Number(row.seq), chatNo: Number(row.chat_no), createdAt: row.created_at },
      ...(row.mentions ? { mentions: row.mentions } : {}),
    };
  }
  if (row.outcome === 'SLOW_MODE') return { outcome: row.outcome, waitMs: Number(row.seq) };
  return { outcome: row.outcome } as Out;
}
