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

/** In a line of JSON a quote or a backslash stands behind a backslash: taken without it, the line would end or go on there. */
const SECRET_QUERY = new RegExp(
  [
    // Where a URL stands within another's query, its marks are escaped, and those once more for each URL around it.
    '((?:[?&;]|%(?:25)*(?:3f|26|3b))',
    // Also `access_token` and `client-secret`; not `tokenless`. Of a URL that is signed for a file also the file's name.
    String.raw`(?:[^?&;=#%\s"\\]{0,32}(?:token|ticket|jwt|bearer|authorization|api[_-]?key|secret|pass(?:word|code)`,
    '|signature|disposition)',
    // What somebody searches for is a text of his; that of a cursor could be guessed from its mark.
    '|q|cursor)',
    String.raw`(?:\[\w*\]|\]|%(?:25)*5b\w*%(?:25)*5d|\+)?(?:=|%(?:25)*3d))`,
    String.raw`(?:[^&#\s"\\]|\\["\\]?)*`,
  ].join(''),
  'gi',
);

/** Below these, the id of a SockJS session follows that of its server: who knows it may speak in the session. */
const SOCKJS_SESSION = /(\/ws\/chat(?:-sockjs)?\/+[^/\s"?#]+\/+)[^/\s"?#\\]+/gi;
/** The same under other names: what stands before one of its transports. */
const SOCKJS_TRANSPORT =
  /(\/[^/\s"?#]+\/+)[^/\s"?#\\]+(?=\/+(?:xhr|xhr_send|xhr_streaming|eventsource|websocket|jsonp|jsonp_send|htmlfile)(?![\w-]))/gi;

/** How the header of a JSON Web Token begins, `{"` in base64; and where a blank or a line end stands between, as some write it. */
const TOKEN_START = /eyJ|(?<![\w-])(?:eyA|ew[0ko])(?=[\w-]{17})/g;
/** Base64url from where it is set to begin. */
const RUN = /[A-Za-z0-9_-]*/y;
/** Characters of the shortest header that is taken for one. */
const HEADER_CHARS = 8;

/** Field names whose values never reach a log, at the top of a line and one or two levels below it. */
const SECRET_FIELDS = new Set(['authorization', 'cookie', 'token', 'ticket', 'passcode', 'password', 'secret']);
const SECRET_LEVELS = 3;

/** Characters of a text that a line shows: Node takes headers of 16 KiB, and a client may repeat them all day. */
const TEXT_CHARS = 2_048;

/** A long text without its end, and first without its secrets: a token that is cut through is not known for one. */
export function shortened(text: string): string {
  if (text.length <= TEXT_CHARS) return text;
  const safe = redactUrl(text);
  return safe.length <= TEXT_CHARS ? safe : `${safe.slice(0, TEXT_CHARS)}…`;
}

/** Letters, digits and `-._~`, percent-encoded though nothing asks for it (RFC 3986 §2.3), once or more. Servers read them alike. */
const NEEDLESS = /%(?:25)*(?:2[de]|3[0-9]|4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9ae])/gi;

/**
 * `/ws?token=abc&room=1` → `/ws?token=[redacted]&room=1`, and no token wherever it stands, nor behind `%74oken`. Works on
 * any text.
 */
export function redactUrl(url: string): string {
  const plain = url.includes('%') ? url.replace(NEEDLESS, unescaped) : url;
  const known = plain.includes('/') ? redactSessions(plain) : plain;
  const safe = redactTokens(known.replace(SECRET_QUERY, '$1[redacted]'));
  // As it was where nothing is hidden: `a%41` and `aA` are two people.
  return safe === plain ? url : safe;
}

function unescaped(character: string): string {
  return String.fromCharCode(Number.parseInt(character.slice(-2), 16));
}

function redactSessions(text: string): string {
  // Lines without are most, and three times as fast as the expressions.
  if (!/\/(?:ws\/chat|xhr|eventsource|websocket|jsonp|htmlfile)/i.test(text)) return text;
  return text.replace(SOCKJS_SESSION, '$1[redacted]').replace(SOCKJS_TRANSPORT, '$1[redacted]');
}

/**
 * By hand and not by one expression, which would look for the end of a header again from each `eyJ` in it: 15 KiB of
 * them held the event loop for a third of a second, and clients choose their URLs. This looks at each character once.
 */
function redactTokens(text: string): string {
  let kept = '';
  let from = 0;
  for (let at = tokenStart(text, 0); at >= 0; at = tokenStart(text, at)) {
    const end = tokenEnd(text, at);
    if (end.token) {
      kept += `${text.slice(from, at)}[redacted]`;
      from = end.at;
    }
    at = end.at;
  }
  return from === 0 ? text : kept + text.slice(from);
}

function tokenStart(text: string, from: number): number {
  TOKEN_START.lastIndex = from;
  return TOKEN_START.exec(text)?.index ?? -1;
}

/** Where what begins as a token ends. It is one where header, payload and signature follow each other; that may be empty. */
function tokenEnd(text: string, start: number): { token: boolean; at: number } {
  const header = runEnd(text, start);
  // A later start within the same run would end alike.
  if (header - start < HEADER_CHARS || text[header] !== '.') return { token: false, at: header };
  const payload = runEnd(text, header + 1);
  if (payload === header + 1 || text[payload] !== '.') return { token: false, at: header };
  return { token: true, at: runEnd(text, payload + 1) };
}

function runEnd(text: string, start: number): number {
  RUN.lastIndex = start;
  RUN.test(text);
  return Math.max(start, RUN.lastIndex);
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

/** Bytes after which waiting lines are written, and milliseconds for which the first of them waits. */
const BUFFER_BYTES = 4_096;
const BUFFER_MS = 100;

/**
 * Lines are written some at a time, and all of them when the process ends by itself or logs `fatal`: a write for each
 * line, by way of a thread, was a fifth of what a page of history costs (`pnpm bench history --profile`). A process that
 * is killed, by SIGKILL or a signal it does not handle, loses those of its last tenth of a second. The timer is not the
 * library's (`periodicFlush` of sonic-boom 4.2.1), which writes an empty text by way of a thread ten times a second while
 * nothing is logged: 2 to 4 % of what chat works at 1,000 messages a second (`pnpm bench s1b --profile`).
 */
function standardOutput(): DestinationStream & { flushSync(): void } {
  const out = pino.destination({ fd: 1, sync: false, minLength: BUFFER_BYTES });
  let isTimed = false;
  let isDue = false;
  // A flush does nothing while a write is under way, however long that takes: what came meanwhile is due after it.
  out.on('drain', () => {
    if (!isDue) return;
    isDue = false;
    out.flush();
  });
  return {
    write(line) {
      out.write(line);
      if (isTimed) return;
      isTimed = true;
      setTimeout(() => {
        isTimed = false;
        isDue = true;
        out.flush();
      }, BUFFER_MS).unref();
    },
    flushSync: () => out.flushSync(),
  };
}

/**
 * The same fields when none of them is secret or long, else a copy without. Not pino's `redact`: with wildcards it walks a line
 * once for each of its paths, which was a third of what a line costs, and a twentieth of a reconnect storm
 * (`pnpm bench s2 --profile`).
 */
function censored<T extends object>(fields: T, levels = SECRET_LEVELS): T {
  let copy: Record<string, unknown> | null = null;
  for (const [name, value] of Object.entries(fields)) {
    let safe: unknown = value;
    if (SECRET_FIELDS.has(name)) safe = '[redacted]';
    else if (typeof value === 'string') safe = shortened(value);
    else if (levels > 1 && typeof value === 'object' && value !== null && !(value instanceof Error)) {
      safe = censored(value, levels - 1);
    }
    if (safe === value) continue;
    copy ??= (Array.isArray(fields) ? [...fields] : { ...fields }) as Record<string, unknown>;
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
    message: shortened(error.message),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    // It begins with the message, which may quote what a client sent.
    ...(error.stack ? { stack: error.stack.replace(error.message, () => shortened(error.message)) } : {}),
    // Causes may point at each other; five levels tell enough.
    ...(error.cause !== undefined && depth < 5 ? { cause: errorFields(error.cause, depth + 1) } : {}),
  };
}
