import { ByteSink } from './byte-sink.ts';
import { escapesOf, type StompFrame, type StompVersion, unescapeHeader, utf8 } from './frame.ts';

/** Ceilings of one frame. All four hold for a frame that isn't finished too, so they bound what a parser keeps. */
export interface StompFrameLimits {
  /** Header lines, repeated ones included. */
  readonly headers: number;
  /** Bytes of the command and header lines together. */
  readonly headerBytes: number;
  readonly bodyBytes: number;
  /** Bytes of everything. */
  readonly frameBytes: number;
}

export const STOMP_FRAME_LIMITS: StompFrameLimits = {
  headers: 64,
  headerBytes: 16_384,
  bodyBytes: 131_072,
  frameBytes: 131_072,
};

/** What the parser found, in order. */
export type StompInput =
  | { readonly kind: 'frame'; readonly frame: StompFrame }
  /** A chunk of nothing but line ends between two frames. */
  | { readonly kind: 'heartbeat' }
  /** What came is no STOMP, or too much of it; nothing after this is read. `receipt`: the guilty frame asked for one. */
  | {
      readonly kind: 'broken';
      readonly code: 'BAD_FRAME' | 'TOO_LARGE';
      readonly message: string;
      readonly receipt: string | null;
    };

/** Longest command there is (UNSUBSCRIBE), with room to say that a longer one is unknown. */
const COMMAND_BYTES = 32;
/** STOMP 1.2, Body: no other frame has one. */
const WITH_BODY: ReadonlySet<string> = new Set(['SEND', 'MESSAGE', 'ERROR']);

const LF = 10;
const CR = 13;

/**
 * STOMP 1.0, 1.1 and 1.2 frames from chunks of text or bytes. A frame may span chunks, a chunk may hold frames, and
 * bytes may be cut inside a character. Never throws; keeps at most the limits' bytes. Knows no command's meaning and no
 * destination: the only header it looks at is `content-length`.
 */
export class StompParser {
  /** Escapes and line ends are read as this version has them. Null until CONNECT has been understood. */
  version: StompVersion | null = null;

  readonly #limits: StompFrameLimits;
  #state: 'between' | 'head' | 'body' | 'end' | 'broken' = 'between';
  #command = '';
  #headers = new Map<string, string>();
  #headerCount = 0;
  #frameBytes = 0;
  /** Bytes of a body with `content-length` that are still to come; null: the body ends at NUL. */
  #bodyLeft: number | null = null;
  readonly #line = new ByteSink();
  readonly #body = new ByteSink();
  /** First half of a character whose other half is in the next text. */
  #half = '';

  constructor(limits: StompFrameLimits) {
    this.#limits = limits;
  }

  /** Bytes of the unfinished frame. */
  get pendingBytes(): number {
    return this.#state === 'between' || this.#state === 'broken' ? 0 : this.#frameBytes;
  }

  /**
   * What an unfinished frame whose headers are there waits for: `nul`, nothing else; `body`, the NUL that alone says where
   * its body ends. Null: bytes that it has counted, or there is none.
   */
  get missing(): { readonly what: 'nul' | 'body'; readonly command: string; readonly receipt: string | null } | null {
    if (this.#state !== 'end' && (this.#state !== 'body' || this.#bodyLeft !== null)) return null;
    const connects = this.#command === 'CONNECT' || this.#command === 'STOMP';
    const whole = this.#state === 'end' || connects || this.#bodyless();
    const receipt = this.#headers.get('receipt') ?? null;
    return { what: whole ? 'nul' : 'body', command: this.#command, receipt };
  }

  /**
   * What one chunk holds, read as it is taken: `version` may be set for what follows. All of it is taken before the next
   * chunk is read.
   */
  *read(chunk: string | Uint8Array): Generator<StompInput, undefined> {
    if (this.#state === 'broken') return;
    const bytes = typeof chunk === 'string' ? this.#bytesOf(chunk) : this.#afterHalf(chunk);
    let quiet = this.#state === 'between' && bytes.length > 0;
    let at = 0;
    while (at < bytes.length) {
      if (this.#state === 'between') {
        at = afterLineEnds(bytes, at);
        if (at === bytes.length) break;
        this.#begin();
      }
      quiet = false;
      const input = this.#state === 'head' ? this.#readHead(bytes, at) : this.#readBody(bytes, at);
      at = input.at;
      if (!input.found) continue;
      yield input.found;
      if (input.found.kind === 'broken') return;
    }
    if (quiet) yield { kind: 'heartbeat' };
  }

  #begin(): void {
    this.#state = 'head';
    this.#command = '';
    this.#headers = new Map();
    this.#headerCount = 0;
    this.#frameBytes = 0;
  }

  #readHead(bytes: Uint8Array, from: number): Progress {
    let end = from;
    while (end < bytes.length && bytes[end] !== LF && bytes[end] !== 0) end++;
    const ended = end < bytes.length;
    this.#frameBytes += end - from + (ended ? 1 : 0);
    const most = Math.min(this.#limits.headerBytes, this.#limits.frameBytes);
    if (this.#frameBytes > most) return this.#tooLarge(`The headers of a frame may have ${most} bytes`);
    const piece = bytes.subarray(from, end);
    if (this.#command === '' && !couldBeCommand(piece, this.#line.length)) {
      return this.#broken('A frame begins with a command in capital letters');
    }
    if (ended && bytes[end] === 0) return this.#broken('A frame has an empty line after its headers');
    if (!ended || this.#line.length > 0) this.#line.push(piece);
    if (!ended) return { at: end, found: null };
    const line = this.#line.length > 0 ? this.#line.take() : piece;
    return this.#headLine(line, end + 1);
  }

  #headLine(line: Uint8Array, at: number): Progress {
    // STOMP 1.2 ends lines with LF or CRLF, the versions before with LF; nobody knows the version of a CONNECT yet.
    const crlf = this.version === null || this.version === '1.2';
    const text = utf8(crlf && line.at(-1) === CR ? line.subarray(0, -1) : line);
    if (text === null) return this.#broken('Headers must be UTF-8');
    if (this.#command === '') {
      if (!/^[A-Z]+$/.test(text)) return this.#broken('A frame begins with a command in capital letters');
      this.#command = text;
      return { at, found: null };
    }
    if (text === '') return this.#bodyBegins(at);
    if (++this.#headerCount > this.#limits.headers) {
      return this.#tooLarge(`A frame may have ${this.#limits.headers} headers`);
    }
    const colon = text.indexOf(':');
    const escapes = escapesOf(this.#command, this.version);
    if (colon < 1 || (escapes === '1.2' && text.includes('\r'))) return this.#broken('A header is a line name:value');
    const name = unescapeHeader(text.slice(0, colon), escapes);
    const value = unescapeHeader(text.slice(colon + 1), escapes);
    if (name === null || value === null)
      return this.#broken(`A header has an escape that STOMP ${escapes} doesn't know`);
    if (!this.#headers.has(name)) this.#headers.set(name, value);
    return { at, found: null };
  }

  #bodyBegins(at: number): Progress {
    this.#state = 'body';
    this.#bodyLeft = null;
    const declared = this.#headers.get('content-length');
    if (declared === undefined) return { at, found: null };
    if (!/^\s*[0-9]{1,15}\s*$/.test(declared)) return this.#broken('content-length must be a number of bytes');
    const length = Number(declared);
    if (!this.#fits(length)) return this.#tooLarge(`The body of a frame may have ${this.#limits.bodyBytes} bytes`);
    if (length > 0 && this.#bodyless()) return this.#broken(`${this.#command} has no body`);
    this.#bodyLeft = length;
    if (length === 0) this.#state = 'end';
    return { at, found: null };
  }

  #readBody(bytes: Uint8Array, from: number): Progress {
    if (this.#state === 'end') {
      if (bytes[from] !== 0) return this.#broken('After the bytes that content-length counts comes NUL');
      return this.#finish(this.#body.take(), from + 1);
    }
    const nul = this.#bodyLeft === null ? bytes.indexOf(0, from) : -1;
    const ended = nul >= 0;
    const end = ended ? nul : Math.min(bytes.length, from + (this.#bodyLeft ?? bytes.length));
    const piece = bytes.subarray(from, end);
    if (piece.length > 0 && this.#bodyless()) return this.#broken(`${this.#command} has no body`);
    if (this.#bodyLeft === null) {
      if (!this.#fits(this.#body.length + piece.length)) {
        return this.#tooLarge(`The body of a frame may have ${this.#limits.bodyBytes} bytes`);
      }
    } else {
      this.#bodyLeft -= piece.length;
      if (this.#bodyLeft === 0) this.#state = 'end';
    }
    if (ended && this.#body.length === 0) return this.#finish(piece, end + 1);
    this.#frameBytes += piece.length;
    this.#body.push(piece);
    return ended ? this.#finish(this.#body.take(), end + 1) : { at: end, found: null };
  }

  #finish(body: Uint8Array, at: number): Progress {
    // Before the frame is handed on: what it means may change how the next one is read.
    this.#state = 'between';
    return { at, found: { kind: 'frame', frame: { command: this.#command, headers: this.#headers, body } } };
  }

  /** STOMP 1.0 does not say which frames have no body. */
  #bodyless(): boolean {
    return this.version !== null && this.version !== '1.0' && !WITH_BODY.has(this.#command);
  }

  /** Whether a body of `length` bytes stays below the ceilings. `#frameBytes` holds its pieces so far as well. */
  #fits(length: number): boolean {
    const { bodyBytes, frameBytes } = this.#limits;
    return length <= bodyBytes && this.#frameBytes - this.#body.length + length <= frameBytes;
  }

  #tooLarge(message: string): Progress {
    return this.#broken(message, 'TOO_LARGE');
  }

  #broken(message: string, code: 'BAD_FRAME' | 'TOO_LARGE' = 'BAD_FRAME'): Progress {
    this.#state = 'broken';
    this.#line.take();
    this.#body.take();
    return { at: 0, found: { kind: 'broken', code, message, receipt: this.#headers.get('receipt') ?? null } };
  }

  /** Texts may be cut between the two halves of a character: SockJS carries them escaped, one by one. */
  #bytesOf(text: string): Uint8Array {
    const whole = this.#half + text;
    const last = whole.charCodeAt(whole.length - 1);
    const cut = last >= 0xd800 && last <= 0xdbff;
    this.#half = cut ? whole.slice(-1) : '';
    return Buffer.from(cut ? whole.slice(0, -1) : whole);
  }

  #afterHalf(bytes: Uint8Array): Uint8Array {
    if (this.#half === '') return bytes;
    const half = Buffer.from(this.#half);
    this.#half = '';
    return Buffer.concat([half, bytes]);
  }
}

/** Where reading goes on, and what was complete. */
interface Progress {
  readonly at: number;
  readonly found: StompInput | null;
}

function afterLineEnds(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && (bytes[at] === LF || bytes[at] === CR)) at++;
  return at;
}

/** Ends garbage at its first byte rather than at the ceiling. `before`: bytes of the line that came earlier. */
function couldBeCommand(piece: Uint8Array, before: number): boolean {
  if (before + piece.length > COMMAND_BYTES) return false;
  const first = piece[0];
  return before > 0 || first === undefined || (first >= 0x41 && first <= 0x5a);
}
