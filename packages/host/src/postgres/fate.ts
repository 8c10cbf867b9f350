/**
 * What became of a statement that failed for want of a database, as against a defect or a refusal:
 * - `unsent`: it never reached PostgreSQL, so nothing was done;
 * - `rolled-back`: PostgreSQL answered, and the answer says that nothing was done;
 * - `unknown`: it was sent, and the connection ended or the time was over before an answer came.
 */
export type Fate = 'unsent' | 'rolled-back' | 'unknown';

/**
 * The one table: SQLSTATEs of PostgreSQL (five characters, or a class of two), codes of Node and of Prisma, and kinds of
 * `@prisma/driver-adapter-utils`. Whatever happened before there was a connection is {@link Unsent}, and needs no row.
 */
const FATES: ReadonlyMap<string, Fate> = new Map<string, Fate>([
  // Connections that end: by an administrator, a crash, a dropped database, an idle time-out; class 08 as a whole.
  ...rows('unknown', '57P01', '57P02', '57P04', '57P05', '08'),
  // A transaction of which the server says that it does not know.
  ...rows('unknown', '40003'),
  // Not to be talked to yet.
  ...rows('unsent', '57P03'),
  // Cancelled, or out of time; locks; deadlocks and serialisation; a transaction that idled or lasted too long.
  ...rows('rolled-back', '57014', '55P03', '40', '25P03', '25P04'),
  // Disk, memory, connections; read-only, as after a failover.
  ...rows('rolled-back', '53', '25006'),
  // Node, on a connection that was there.
  ...rows('unknown', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'),
  // Unsent, of which Prisma keeps the code alone.
  ...rows('unsent', 'UNSENT'),
  // Node, where only connecting ends so.
  ...rows('unsent', 'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'),
  // Prisma: unreachable, not reached in time, pool exhausted, too many connections.
  ...rows('unsent', 'P1001', 'P1002', 'P2024', 'P2037', 'DatabaseNotReachable', 'TooManyConnections'),
  // Prisma: timed out, connection closed.
  ...rows('unknown', 'P1008', 'P1017', 'ConnectionClosed', 'SocketTimeout'),
  // Prisma: no transaction to be had in time, or it was over; a conflict of two.
  ...rows('rolled-back', 'P2028', 'P2034', 'TransactionWriteConflict'),
]);

function rows(fate: Fate, ...codes: string[]): [string, Fate][] {
  return codes.map((code) => [code, fate]);
}

/** What PgBouncer says where no statement came through to PostgreSQL; all that it says has the code 08P01. */
const POOLED_UNSENT =
  /^(query_wait_timeout|server login has been failing|pgbouncer cannot connect to server|no more connections allowed|prepared statement)/;

/** What node-postgres and its pool say without a code. */
const MESSAGES: readonly [RegExp, Fate][] = [
  // In a transaction Prisma passes these on as they are.
  [/^(Connection terminated|Query read timeout)/, 'unknown'],
  [
    /^(timeout exceeded when trying to connect|timeout expired|Connection terminated due to connection timeout|Client has encountered a connection error|Cannot use a pool after calling end|Client was closed)/,
    'unsent',
  ],
];

/** There was no connection to send a statement on: none came in time, or PostgreSQL would not have one more. */
export class Unsent extends Error {
  readonly code = 'UNSENT';

  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = 'Unsent';
  }
}

/**
 * The fate of the statement that failed with `error`. Understands node-postgres, its pool, Prisma and its adapter, and looks
 * through causes. Undefined: a defect, a refusal of the data, or no error of a database; if PostgreSQL gave it, it has
 * rolled back.
 */
export function fateOf(error: unknown, depth = 0): Fate | undefined {
  if (typeof error !== 'object' || error === null || depth > 8) return undefined;
  if (error instanceof Unsent) return 'unsent';
  const { code, originalCode, kind, message, cause, errors, meta } = error as Record<string, unknown>;
  if ((originalCode ?? code) === '08P01' && POOLED_UNSENT.test(String(message))) return 'unsent';
  const adapterError = (meta as { driverAdapterError?: unknown } | undefined)?.driverAdapterError;
  const told = rowOf(originalCode) ?? rowOf(code) ?? rowOf(kind) ?? fateOfMessage(message);
  if (told) return told;
  // Node tries all addresses of a name and reports them together.
  const inner = [adapterError, cause, ...(Array.isArray(errors) ? errors : [])];
  for (const one of inner) {
    const fate = fateOf(one, depth + 1);
    if (fate) return fate;
  }
  return undefined;
}

/** Whether an error means that PostgreSQL can't be asked at the moment, as against having answered "no". */
export function isUnavailable(error: unknown): boolean {
  return fateOf(error) !== undefined;
}

/** SQLSTATE of an error that node-postgres or Prisma threw; undefined for any other. */
export function sqlState(error: unknown): string | undefined {
  const { code, meta } = (error ?? {}) as {
    code?: unknown;
    meta?: { driverAdapterError?: { cause?: { originalCode?: unknown } } };
  };
  const state = meta?.driverAdapterError?.cause?.originalCode ?? code;
  return typeof state === 'string' && /^[0-9A-Z]{5}$/.test(state) && /[0-9]/.test(state) ? state : undefined;
}

function rowOf(code: unknown): Fate | undefined {
  if (typeof code !== 'string') return undefined;
  return FATES.get(code) ?? (/^[0-9A-Z]{5}$/.test(code) ? FATES.get(code.slice(0, 2)) : undefined);
}

function fateOfMessage(message: unknown): Fate | undefined {
  if (typeof message !== 'string') return undefined;
  return MESSAGES.findLast(([pattern]) => pattern.test(message))?.[1];
}
