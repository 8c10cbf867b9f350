const SHOWN = new Set(['warn', 'error', 'fatal']);
/** Fields that every line has, or that the rest of the line says already. */
const LEFT_OUT = new Set(['level', 'time', 'service', 'pid', 'msg', 'event', 'err']);
const MAX_CHARS = 500;

/**
 * A line of a service's log for the terminal: `12:00:01 chat warn: handshake rejected (code="TOKEN_EXPIRED")`. Null
 * for what only the file needs. What is no JSON (Node's own last words) is shown as it stands.
 */
export function readable(service: string, line: string): string | null {
  const record = parse(line);
  if (!record) return line.trim() === '' ? null : clean(`${service}: ${line}`);
  if (!SHOWN.has(String(record.level))) return null;
  const details = Object.entries(record)
    .filter(([name, value]) => !LEFT_OUT.has(name) && value !== undefined && value !== null)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const reason = reasonOf(record.err);
  if (reason) details.unshift(reason);
  const time = String(record.time ?? '').slice(11, 19);
  const text = `${time} ${service} ${record.level}: ${record.msg ?? record.event ?? ''}`;
  return clean(details.length > 0 ? `${text} (${details.join(' ')})` : text);
}

/** Message of an error and of its causes. */
function reasonOf(error: unknown, depth = 0): string {
  if (typeof error !== 'object' || error === null || depth > 5) return typeof error === 'string' ? error : '';
  const { message, cause } = error as { message?: unknown; cause?: unknown };
  return [typeof message === 'string' ? message : '', reasonOf(cause, depth + 1)].filter(Boolean).join(': ');
}

function parse(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** Values come from clients, and control characters would command the terminal. */
function clean(text: string): string {
  const short = text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS)}…` : text;
  return short.replace(/\p{Cc}+/gu, ' ');
}
