const CODES = new Set([
  // Node: no connection, or one that broke
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'ENETUNREACH',
  // PostgreSQL: shutting down, crashed, starting, read-only after a failover
  '57P01',
  '57P02',
  '57P03',
  '25006',
  // Prisma: unreachable, timed out, connection closed, pool exhausted, too many connections
  'P1001',
  'P1002',
  'P1008',
  'P1017',
  'P2024',
  'P2037',
]);

/** Kinds of `@prisma/driver-adapter-utils`. */
const KINDS = new Set(['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections']);

/** What node-postgres and its pool say without a code. */
const MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Cannot use a pool after calling end|Client was closed|timeout expired)/;

/**
 * Whether an error means that PostgreSQL can't be asked at the moment, as against having answered "no". Understands
 * node-postgres, its pool, Prisma and its adapter, and looks through causes.
 */
export function isUnavailable(error: unknown, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > 8) return false;
  const { code, originalCode, kind, message, cause, errors, meta } = error as Record<string, unknown>;
  if ([code, originalCode].some(isUnavailableCode)) return true;
  if (typeof kind === 'string' && KINDS.has(kind)) return true;
  if (typeof message === 'string' && MESSAGES.test(message)) return true;
  // Node tries all addresses of a name and reports them together.
  if (Array.isArray(errors) && errors.some((one) => isUnavailable(one, depth + 1))) return true;
  const adapterError = (meta as { driverAdapterError?: unknown } | undefined)?.driverAdapterError;
  return isUnavailable(cause, depth + 1) || isUnavailable(adapterError, depth + 1);
}

// Classes 08 (connection) and 53 (disk full, out of memory, too many connections) as a whole.
function isUnavailableCode(code: unknown): boolean {
  return typeof code === 'string' && (CODES.has(code) || /^(08|53)[0-9A-Z]{3}$/.test(code));
}
