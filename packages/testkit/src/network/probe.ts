import { type RawData, WebSocket } from 'ws';

/**
 * A frame as it came: parsed where it is a JSON object or array, else its text; a Buffer when it was binary.
 */
// biome-ignore lint/suspicious/noExplicitAny: tests look into the frames of every protocol
export type Frame = any;

export interface ProbeOptions {
  protocols?: string | readonly string[];
  headers?: Readonly<Record<string, string>>;
  /** For `next` and `closed` where they name none. A busy machine is no failure. @default 60_000 */
  timeoutMs?: number;
  /** Throws at a frame that must not come. It fails the run, whether the test looks at that frame or not. */
  check?: (frame: Frame, protocol: string) => void;
}

/** A raw WebSocket with a queue of what came in. */
export interface Probe {
  /** The subprotocol the server chose; empty for none. */
  readonly protocol: string;
  /** Frames that nobody has taken yet. */
  readonly queue: readonly Frame[];
  /** Takes the first frame (for which `predicate` holds), waiting for it; frames passed over stay in the queue. */
  next(predicate?: (frame: Frame) => boolean, timeoutMs?: number): Promise<Frame>;
  /** Fulfilled when no (such) frame is there or comes within that time; for what must not happen. */
  none(withinMs: number, predicate?: (frame: Frame) => boolean): Promise<void>;
  /** Waits for the end of the connection; 1006 means without a close frame. */
  closed(timeoutMs?: number): Promise<{ code: number; reason: string }>;
  /** Objects go out as JSON, Buffers as binary frames. */
  send(frame: object | string | Buffer): void;
  /** The closing handshake. */
  close(code?: number, reason?: string): void;
  /** Ends the TCP connection without a word. */
  terminate(): void;
  /** Stops reading from the socket: a client that is too slow. */
  pause(): void;
  resume(): void;
  readonly socket: WebSocket;
}

/** The server answered the upgrade with something else than 101. */
export class UpgradeRefused extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;

  constructor(status: number, headers: Readonly<Record<string, string | string[] | undefined>>, body: string) {
    super(`upgrade refused: ${status} ${body}`);
    this.status = status;
    this.headers = headers;
    this.body = body;
  }
}

/** Connects, and returns when the socket is open. @throws UpgradeRefused when there is no 101 */
export async function probe(url: string, options: ProbeOptions = {}): Promise<Probe> {
  const { protocols = [], headers = {}, timeoutMs: usualMs = 60_000, check: checkOf = () => {} } = options;
  const socket = new WebSocket(url, [protocols].flat() as string[], { headers, handshakeTimeout: 60_000 });
  const queue: Frame[] = [];
  const watchers = new Set<() => void>();
  let end: { code: number; reason: string } | undefined;
  const changed = () => {
    for (const watch of [...watchers]) watch();
  };
  // Before the handshake is over: the first frame may come in one packet with the 101.
  socket.on('message', (data, binary) => {
    const frame = readFrame(data, binary);
    queue.push(frame);
    changed();
    // Last, so that a frame that is refused is there all the same.
    checkOf(frame, socket.protocol);
  });
  socket.on('close', (code, reason) => {
    end = { code, reason: reason.toString() };
    changed();
  });
  await opened(socket);
  socket.on('error', () => {}); // 'close' follows and tells

  /** Fulfilled with what `look` finds, now or after a change; `undefined` when time is up. */
  function watch<T>(look: () => T | undefined, timeoutMs: number): Promise<T | undefined> {
    return new Promise((resolve) => {
      const finish = (found: T | undefined) => {
        clearTimeout(timer);
        watchers.delete(check);
        resolve(found);
      };
      const check = () => {
        const found = look();
        if (found !== undefined) finish(found);
      };
      const timer = setTimeout(finish, timeoutMs, undefined);
      watchers.add(check);
      check();
    });
  }
  const state = () => `queue: ${JSON.stringify(queue).slice(0, 2_000)}, closed: ${JSON.stringify(end ?? false)}`;

  return {
    socket,
    queue,
    get protocol() {
      return socket.protocol;
    },
    async next(predicate = () => true, timeoutMs = usualMs) {
      const take = () => {
        const index = queue.findIndex(predicate);
        if (index >= 0) return { frame: queue.splice(index, 1)[0] };
        return end ? { frame: undefined, over: true } : undefined;
      };
      const found = await watch<{ frame: Frame; over?: boolean }>(take, timeoutMs);
      if (found && !found.over) return found.frame;
      throw new Error(
        `${found ? 'the socket was closed before the frame came' : `no frame in ${timeoutMs} ms`}; ${state()}`,
      );
    },
    async none(withinMs, predicate = () => true) {
      const found = await watch(() => (queue.some(predicate) ? true : undefined), withinMs);
      if (found) throw new Error(`a frame came that should not; ${state()}`);
    },
    async closed(timeoutMs = usualMs) {
      const found = await watch(() => end, timeoutMs);
      if (found) return found;
      throw new Error(`still open after ${timeoutMs} ms; ${state()}`);
    },
    send(frame) {
      socket.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame));
    },
    close: (code, reason) => socket.close(code, reason),
    terminate: () => socket.terminate(),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
  };
}

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
    socket.once('unexpected-response', (request, response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text) => (body += text));
      response.on('end', () => {
        reject(new UpgradeRefused(response.statusCode ?? 0, response.headers, body));
        request.destroy();
      });
    });
  });
}

function readFrame(data: RawData, binary: boolean): Frame {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as ArrayBuffer);
  if (binary) return bytes;
  const text = bytes.toString('utf8');
  if (!/^[[{]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
