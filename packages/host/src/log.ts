import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** Levels that `LOG_LEVEL` may name. */
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogOptions {
  /** Name of the process in every line, for instance `chat`. */
  service: string;
  /** @default 'info' */
  level?: LogLevel;
  /** Where the lines go. Default: standard output. */
  stream?: DestinationStream;
}

const SECRET_QUERY = /([?&](?:token|ticket|access_token)=)[^&#\s"]*/gi;

/** A JSON Web Token, wherever it stands: its header begins with `{"`, which base64 writes as `eyJ`. */
const TOKEN = /eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g;

/** Field names whose values never reach a log, at the top of a line and one or two levels below it. */
const SECRET_FIELDS = new Set(['authorization', 'cookie', 'token', 'ticket', 'passcode', 'password', 'secret']);
const SECRET_LEVELS = 3;

/** `/ws?token=abc&room=1` → `/ws?token=[redacted]&room=1`. Works on any text. */
export function redactUrl(url: string): string {
  return url.replace(SECRET_QUERY, '$1[redacted]').replace(TOKEN, '[redacted]');
}

/**
 * JSON lines with an ISO time and the level as a word. Secrets are dropped by field name, and each whole line goes
 * through {@link redactUrl}: some libraries quote the URL that failed. Errors belong under `err`: their causes are kept.
 */
export function createLog({ service, level = 'info', stream }: LogOptions): Logger {
  const options = {
    level,
    base: { service, pid: process.pid },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }), log: censored, bindings: censored },
    serializers: { err: errorFields },
    hooks: { streamWrite: redactUrl },
  };
  return pino(options, stream ?? (level === 'silent' ? NOWHERE : standardOutput()));
}

/** A silent log needs no timer that looks for its lines. */
const NOWHERE: DestinationStream = { write() {} };

/** Bytes and milliseconds after which waiting lines are written. */
const BUFFER = { minLength: 4_096, periodicFlush: 100 } as const;

/**
 * Lines are written some at a time, and all of them when the process ends by itself or logs `fatal`: a write for each
 * line, by way of a thread, was a fifth of what a page of history costs (`pnpm bench history --profile`). A process that
 * is killed, by SIGKILL or a signal it does not handle, loses those of its last tenth of a second.
 */
function standardOutput(): DestinationStream {
  return pino.destination({ fd: 1, sync: false, ...BUFFER });
}

/**
 * The same fields when none of them is secret, else a copy without. Not pino's `redact`: with wildcards it walks a line
 * once for each of its paths, which was a third of what a line costs, and a twentieth of a reconnect storm
 * (`pnpm bench s2 --profile`).
 */
function censored<T extends object>(fields: T, levels = SECRET_LEVELS): T {
  let copy: Record<string, unknown> | null = null;
  for (const [name, value] of Object.entries(fields)) {
    let safe: unknown = value;
    if (SECRET_FIELDS.has(name)) safe = '[redacted]';
    else if (levels > 1 && typeof value === 'object' && value !== null && !(value instanceof Error)) {
      safe = censored(value, levels - 1);
    }
    if (safe === value) continue;
    copy ??= { ...fields } as Record<string, unknown>;
    copy[name] = safe;
  }
  return (copy as T | null) ?? fields;
}

/** An error as log fields. */
function errorFields(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return error;
  const { code } = error as { code?: unknown };
  return {
    name: error.name,
    message: error.message,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(error.stack ? { stack: error.stack } : {}),
    // Causes may point at each other; five levels tell enough.
    ...(error.cause !== undefined && depth < 5 ? { cause: errorFields(error.cause, depth + 1) } : {}),
  };
}
