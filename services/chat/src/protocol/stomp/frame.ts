/** Versions of STOMP, lowest first. */
export const STOMP_VERSIONS = ['1.0', '1.1', '1.2'] as const;
export type StompVersion = (typeof STOMP_VERSIONS)[number];

/** One STOMP frame. What its headers and body mean is for others to know. */
export interface StompFrame {
  readonly command: string;
  /** In the order of the wire, unescaped, never trimmed. Of repeated headers the first (STOMP 1.2, Repeated Header Entries). */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

/** Frames whose headers are never escaped, so that any version can read them (STOMP 1.2, Value Encoding). */
const UNESCAPED: ReadonlySet<string> = new Set(['CONNECT', 'STOMP', 'CONNECTED']);

/** Which escapes a frame's headers have: those of its version, or none. */
export function escapesOf(command: string, version: StompVersion | null): StompVersion {
  return version === null || UNESCAPED.has(command) ? '1.0' : version;
}

const UNESCAPES: Readonly<Record<string, string>> = { '\\\\': '\\', '\\n': '\n', '\\r': '\r', '\\c': ':' };
/** What a version has no way to say in a header. */
const UNSAYABLE: Readonly<Record<StompVersion, RegExp>> = { '1.0': /[\0\r\n]/g, '1.1': /[\0\r]/g, '1.2': /\0/g };

/** `text` as part of a header line. What can't be said becomes a space: a line must stay one line. */
export function escapeHeader(text: string, version: StompVersion): string {
  const sayable = text.replace(UNSAYABLE[version], ' ');
  if (version === '1.0') return sayable;
  // The backslash first, which the others bring.
  return sayable.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll(':', '\\c');
}

/** The text of an escaped one; null when it has an escape that the version doesn't know, which is fatal. */
export function unescapeHeader(text: string, version: StompVersion): string | null {
  if (version === '1.0' || !text.includes('\\')) return text;
  let plain = '';
  let from = 0;
  for (let at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', from)) {
    const character = UNESCAPES[text.slice(at, at + 2)];
    if (character === undefined || (character === '\r' && version !== '1.2')) return null;
    plain += text.slice(from, at) + character;
    from = at + 2;
  }
  return plain + text.slice(from);
}

/** One header as a line with its end. */
export function headerLine(name: string, value: string, version: StompVersion): string {
  // A version without escapes has no way to say a colon in a name.
  const key = version === '1.0' ? escapeHeader(name, version).replaceAll(':', ' ') : escapeHeader(name, version);
  return `${key}:${escapeHeader(value, version)}\n`;
}

type Headers = Iterable<readonly [name: string, value: string]>;

/** A frame as text. `content-length` is counted here; one among the headers is left out. */
export function stompText(command: string, headers: Headers, body: string, version: StompVersion): string {
  return `${head(command, headers, Buffer.byteLength(body), version)}${body}\0`;
}

/** A frame as bytes, for bodies that are no text. Otherwise as `stompText`. */
export function stompBytes(command: string, headers: Headers, body: Uint8Array, version: StompVersion): Buffer {
  return Buffer.concat([Buffer.from(head(command, headers, body.length, version)), body, NUL]);
}

const NUL = Uint8Array.of(0);

function head(command: string, headers: Headers, bodyBytes: number, version: StompVersion): string {
  const escapes = escapesOf(command, version);
  let lines = `${command}\n`;
  for (const [name, value] of headers) if (name !== 'content-length') lines += headerLine(name, value, escapes);
  // Bytes, not characters: the body may be Korean, and it may hold NUL.
  if (bodyBytes > 0) lines += `content-length:${bodyBytes}\n`;
  return `${lines}\n`;
}

/** Bytes as text; null when they are not UTF-8. */
export function utf8(bytes: Uint8Array): string | null {
  try {
    // A byte order mark is a character like any other here.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
