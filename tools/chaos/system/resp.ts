const CR = 0x0d;
const LF = 0x0a;
/** Followed by so many bytes, and the end of a line. */
const SIZED = new Set([...'$=!'].map((one) => one.charCodeAt(0)));
/** Followed by so many replies: arrays, sets and pushes; for each of a map or of attributes by two. */
const LISTS = new Map([...'*~>%|'].map((one) => [one.charCodeAt(0), '%|'.includes(one) ? 2 : 1]));

/** One complete reply of Redis as its bytes; `texts` are the parts of a list, else null. */
export interface Reply {
  readonly bytes: Buffer;
  readonly texts: readonly Buffer[] | null;
}

/** Cuts a stream of RESP 2 or 3 into replies; what is not whole yet waits for the next chunk. */
export function createReplySplitter() {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk: Buffer): Reply[] => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const replies: Reply[] = [];
    let start = 0;
    for (let end = endOf(bytes, start); end !== null; end = endOf(bytes, start)) {
      const own = bytes.subarray(start, end);
      replies.push({ bytes: own, texts: textsOf(own) });
      start = end;
    }
    rest = bytes.subarray(start);
    return replies;
  };
}

/** The index behind the reply that begins at `start`; null: it is not whole. */
function endOf(bytes: Buffer, start: number): number | null {
  if (start >= bytes.length) return null;
  const line = endOfLine(bytes, start);
  if (line === null) return null;
  const size = Number(bytes.toString('latin1', start + 1, line - 2));
  if (SIZED.has(bytes[start]!)) {
    const end = size < 0 ? line : line + size + 2;
    return end <= bytes.length ? end : null;
  }
  const each = LISTS.get(bytes[start]!);
  if (each === undefined) return line;
  let end: number | null = line;
  for (let i = 0; i < size * each && end !== null; i++) end = endOf(bytes, end);
  return end;
}

function endOfLine(bytes: Buffer, start: number): number | null {
  const at = bytes.indexOf(LF, start);
  return at > 0 && bytes[at - 1] === CR ? at + 1 : null;
}

function textsOf(reply: Buffer): Buffer[] | null {
  if (LISTS.get(reply[0]!) !== 1) return null;
  const texts: Buffer[] = [];
  for (let at = endOfLine(reply, 0)!; at < reply.length; at = endOf(reply, at)!) {
    const line = endOfLine(reply, at)!;
    texts.push(SIZED.has(reply[at]!) ? reply.subarray(line, endOf(reply, at)! - 2) : reply.subarray(at + 1, line - 2));
  }
  return texts;
}
