import { type IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Turns } from './turns.ts';
import { UnreadAnswers } from './unread-answers.ts';
import { offersWebSocket, ordinaryHead } from './upgrade-request.ts';

export interface HttpServerOptions {
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  /** Milliseconds for the head of a request, and for its body beside what {@link LEAST_BODY_BYTES_PER_S} give it. */
  readonly requestTimeoutMs: number;
  /** Milliseconds that a connection is kept on which nothing is asked. */
  readonly keepAliveMs: number;
  /** Milliseconds for which a client may take nothing of an answer that waits for it. */
  readonly sendTimeoutMs: number;
  /** Most bytes of answers that may wait for all clients together; 0 = any number. */
  readonly unreadBytes: number;
  /** Most connections at once, of whatever use; 0 = any number. */
  readonly maxConnections: number;
  /** Whether upgrades to WebSocket are somebody's at the moment. Any other upgrade is an ordinary request. */
  readonly takesWebSockets: () => boolean;
  /** Whether the service is about to go: each answer that begins now is its connection's last. */
  readonly isEnding: () => boolean;
  /** Answers a connection that is one too many, or a CONNECT, and ends it. */
  readonly refuse: (socket: Socket, why: 'full' | 'connect') => void;
}

/**
 * Takes an upgrade to WebSocket ahead of the listeners. Null: it is theirs. The promise never rejects; true: the connection
 * is a WebSocket now, or gone. Until it resolves, an error of the connection has a listener.
 */
export type TakeUpgrade = (request: IncomingMessage, socket: Socket, head: Buffer) => Promise<boolean> | null;

/** Milliseconds between two looks at heads of requests that have not arrived in full. */
const CHECK_MS = 1_000;
/**
 * What has come of a body gives it time: a picture of 10 MiB takes a telephone more than any time that is right for a body of
 * JSON. The least that is a connection still, and a fiftieth of a slow one of today.
 */
const LEAST_BODY_BYTES_PER_S = 16_384;
/** Node's code of a request that takes too long. */
export const REQUEST_TIMED_OUT = 'ERR_HTTP_REQUEST_TIMEOUT';
/** Characters of a text that is written as bytes. */
const LARGE = 16_384;
/** Milliseconds for which a connection is idle for certain: what its client has sent by then has come. */
const IDLE_MS = 50;

/**
 * Node's server with care for connections: one answer of each at a time, no answer that nobody reads, and no upgrade but
 * to WebSocket. It stands in front of all listeners by `emit`, because Node gives a request with `Connection: Upgrade` to
 * whoever listens to upgrades, without its body, and to nobody else.
 */
export class HttpServer extends Server {
  readonly #options: HttpServerOptions;
  readonly #connections = new Map<Socket, Turns>();
  /** One for all connections, which `once` and a closure are not: 270 bytes of each. */
  readonly #forget: (this: Socket) => void;
  #takeUpgrade: TakeUpgrade = () => null;

  constructor(options: HttpServerOptions) {
    const unread = new UnreadAnswers({
      mostBytes: options.unreadBytes,
      now: () => performance.now(),
      end: (socket) => this.#connections.get(socket)?.end(),
    });
    /** Also one that was asked for long before, or is written past Fastify. */
    class Answer<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
      // biome-ignore lint/suspicious/noExplicitAny: Node's own signature
      override writeHead(...given: any[]): this {
        if (options.isEnding()) this.shouldKeepAlive = false;
        return super.writeHead(...(given as [number]));
      }

      // biome-ignore lint/suspicious/noExplicitAny: Node's own signature
      override end(...given: any[]): this {
        const [text, encoding] = given;
        // Bytes are counted of what waits, and of a text Node would count characters.
        if (typeof text === 'string' && text.length > LARGE) given[0] = Buffer.from(text, encoding ?? 'utf8');
        super.end(...(given as []));
        unread.note(this);
        return this;
      }
    }
    super(
      {
        ServerResponse: Answer,
        // Node's own refusal says neither why nor what it is.
        requireHostHeader: false,
        // Of the whole request it knows no other time than a fixed one: see `#watchBody`.
        requestTimeout: 0,
        headersTimeout: options.requestTimeoutMs,
        connectionsCheckingInterval: Math.min(CHECK_MS, Math.max(1, options.requestTimeoutMs)),
        keepAliveTimeout: options.keepAliveMs,
      },
      options.handle,
    );
    this.#options = options;
    const connections = this.#connections;
    this.#forget = function forget() {
      connections.delete(this);
    };
    // Without a listener Node would take the upgrade for a request, and lose what came behind it in the same packet.
    this.on('upgrade', () => {});
    this.on('connect', () => {});
    // Without this one Node would answer by itself, with a bare 417.
    this.on('checkExpectation', () => {});
  }

  // biome-ignore lint/suspicious/noExplicitAny: Node's own signature
  override emit(event: string | symbol, ...given: any[]): boolean {
    switch (event) {
      case 'connection':
        return this.#connected(given[0]);
      case 'request':
      case 'checkExpectation':
        return this.#requested(given[0], given[1]);
      case 'upgrade':
      case 'connect':
        return this.#handedOver(event, given[0], given[1], given[2]);
      case 'clientError':
        return this.#failed(given[0], given[1]);
      case 'timeout':
        return this.#timedOut(given[0]);
      default:
        return super.emit(event as string, ...given);
    }
  }

  /** Open connections, of whatever use. */
  get open(): Iterable<[Socket, Turns]> {
    return this.#connections;
  }

  /** Who is asked first about upgrades to WebSocket. @default nobody */
  takeUpgradesBy(take: TakeUpgrade): void {
    this.#takeUpgrade = take;
  }

  /**
   * Ends idle connections in a moment, and what has arrived on them by then is read first. A client can't know that its
   * connection ends, and what it asks while that happens it would have to ask again, if it may.
   */
  override closeIdleConnections(): void {
    setTimeout(() => setImmediate(() => super.closeIdleConnections()), IDLE_MS);
  }

  #connected(socket: Socket): boolean {
    // One that is here already comes back from an upgrade that was none.
    if (!this.#connections.has(socket)) {
      const { maxConnections, refuse } = this.#options;
      if (maxConnections > 0 && this.#connections.size >= maxConnections) {
        socket.on('error', () => {}); // 'close' follows, and nobody waits for it
        refuse(socket, 'full');
        return true;
      }
      this.#connections.set(socket, new Turns(socket));
      socket.on('close', this.#forget);
    }
    return super.emit('connection', socket);
  }

  #requested(request: IncomingMessage, response: ServerResponse): boolean {
    // From the first request on, not for the server's connections: one that becomes a WebSocket at once would keep a timer that
    // it has no use for, and push it back with each write. Who asks for nothing is ended by the time for a head.
    request.socket.setTimeout(this.#options.sendTimeoutMs);
    this.#watchBody(request);
    // What is left of a body that was answered before it came. Node reads it by itself; Deno does not, and the next request
    // on the connection would never be answered.
    response.once('finish', () => {
      if (!request.complete) request.resume();
    });
    const turns = this.#connections.get(request.socket);
    if (!turns) return super.emit('request', request, response);
    turns.take(request, response, () => super.emit('request', request, response));
    return true;
  }

  #watchBody(request: IncomingMessage): void {
    const { headers, socket } = request;
    if (headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0) return;
    const { requestTimeoutMs } = this.#options;
    const startedMs = performance.now();
    const bytesBefore = socket.bytesRead;
    const look = () => {
      if (request.complete) return;
      const givenMs = requestTimeoutMs + ((socket.bytesRead - bytesBefore) * 1_000) / LEAST_BODY_BYTES_PER_S;
      const leftMs = startedMs + givenMs - performance.now();
      if (leftMs > 0) timer = setTimeout(look, leftMs);
      else this.endLate(socket);
    };
    let timer = setTimeout(look, requestTimeoutMs);
    request.once('close', () => clearTimeout(timer));
  }

  /** Tells the client of a request that takes too long so, as Node does where it finds that out, and ends its connection. */
  endLate(socket: Socket): void {
    this.emit('clientError', Object.assign(new Error('Request timeout'), { code: REQUEST_TIMED_OUT }), socket);
  }

  #handedOver(event: 'upgrade' | 'connect', request: IncomingMessage, socket: Socket, head: Buffer): boolean {
    const turns = this.#connections.get(socket);
    if (!turns) return super.emit(event, request, socket, head);
    // Node has taken its listeners away, and an error that nobody listens to ends the process.
    const guard = () => socket.destroy();
    const silent = () => this.#timedOut(socket);
    socket.on('error', guard);
    socket.on('timeout', silent);
    /** To the listeners, or as an ordinary request where there are none: also of one that was looked at meanwhile. */
    const give = () => {
      if (socket.destroyed) return;
      if (turns.upgraded && this.#options.takesWebSockets()) super.emit('upgrade', request, socket, head);
      else {
        turns.upgraded = false;
        if (!this.#asOrdinary(request, socket, head)) return;
      }
      socket.off('error', guard);
    };
    turns.next(() => {
      socket.off('timeout', silent);
      if (socket.destroyed) return;
      if (event === 'connect') this.#options.refuse(socket, 'connect');
      else if (offersWebSocket(request)) {
        // One of several that are offered is taken by its name alone.
        request.headers.upgrade = 'websocket';
        turns.upgraded = true;
        const taken = this.#options.takesWebSockets() ? this.#takeUpgrade(request, socket, head) : null;
        if (taken === null) give();
        else void taken.then((isTaken) => (isTaken ? socket.off('error', guard) : give()));
      } else give();
    });
    return true;
  }

  /** Gives the connection back to Node as if the request had asked for no upgrade. */
  #asOrdinary(request: IncomingMessage, socket: Socket, head: Buffer): boolean {
    const bytes = ordinaryHead(request);
    if (bytes === null) {
      socket.destroy();
      return false;
    }
    socket.unshift(Buffer.concat([bytes, head]));
    this.emit('connection', socket);
    return true;
  }

  /** What is no HTTP, or too slow, is told after the answers before it, and never into the middle of one. */
  #failed(error: Error & { code?: string }, socket: Socket): boolean {
    const turns = this.#connections.get(socket);
    const ofParser = error.code?.startsWith('HPE_') || error.code === REQUEST_TIMED_OUT;
    if (!turns || !ofParser) return super.emit('clientError', error, socket);
    const tell = () => super.emit('clientError', error, socket);
    const { current } = turns;
    if (current?.request.complete) {
      socket.pause();
      turns.next(tell);
    } else if (current?.response.headersSent || turns.answeredEarly) socket.destroy();
    else tell();
    return true;
  }

  #timedOut(socket: Socket): boolean {
    const turns = this.#connections.get(socket);
    if (!turns) return super.emit('timeout', socket);
    // Node's timer counts from the last byte that went or came, of a large answer too.
    if (socket.writableLength > 0) turns.end();
    // The other timer that Node sets: nothing was asked for as long as a connection is kept.
    else if (turns.current === null && socket.timeout !== this.#options.sendTimeoutMs) socket.destroy();
    return true;
  }
}
