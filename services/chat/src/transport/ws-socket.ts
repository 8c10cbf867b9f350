import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import { CLOSE, closeReason } from '@gongu/shared';
import type { WebSocket } from 'ws';
import { peerOf } from './peer.ts';
import { type Flusher, SendQueue } from './send-queue.ts';
import type { Inbound, Peer, Socket } from './socket.ts';
import type { UpgradeRequest } from './upgrade-request.ts';
import { wsFraming } from './ws-framing.ts';

/** Hears what becomes of sockets that it did not ask for; one for all of them. */
export interface SocketWatch {
  /** A socket's own error; it closes by itself. */
  failed(connectionId: string, error: Error): void;
  closed(socket: WsSocket): void;
}

const OWNER = Symbol('socket');

type Owned = WebSocket & { [OWNER]?: WsSocket };

/**
 * A WebSocket as a duplex text channel. Frames are written past `ws`, joined per turn of the event loop. What it listens with is
 * one for all sockets, which find theirs by a property: with those of the connection itself, listeners of its own were most of
 * 1.7 KiB of the 8.6 KiB of the heap that an idle member had (10,000 of them, after a collection).
 */
export class WsSocket implements Socket {
  readonly id = randomUUID();
  readonly framing = wsFraming;
  readonly peer: Peer;
  readonly #ws: WebSocket;
  readonly #queue: SendQueue;
  readonly #frameBytes: number;
  #inbound: Inbound | null = null;
  #watch: SocketWatch | null = null;
  #closing = false;
  #missed = 0;
  #paused = false;
  /** Bytes that waited at the last ping. */
  #queuedAtPing = 0;

  /** `frameBytes`: the largest inbound message; a larger one ends the socket with 1009. */
  constructor(ws: WebSocket, request: UpgradeRequest, flusher: Flusher, frameBytes: number) {
    this.#ws = ws;
    this.#frameBytes = frameBytes;
    this.peer = peerOf(request);
    this.#queue = new SendQueue(request.raw.socket, flusher);
    request.raw.socket.setNoDelay(true);
    releaseUpgrade(ws, request);
  }

  listen(inbound: Inbound, watch: SocketWatch): void {
    this.#inbound = inbound;
    this.#watch = watch;
    const ws: Owned = this.#ws;
    ws[OWNER] = this;
    ws.on('message', onMessage);
    ws.on('pong', onPong);
    ws.on('error', onError);
    ws.on('close', onClose);
    this.#queue.onDrain(inbound);
  }

  // The next four are for the listeners below.

  heard(): void {
    this.#missed = 0;
  }

  take(data: Buffer, binary: boolean): void {
    this.#missed = 0;
    if (data.length > this.#frameBytes) return this.close(CLOSE.tooBig, 'frame too big');
    this.#inbound!.frame(binary ? data : data.toString('utf8'));
  }

  failed(error: Error): void {
    this.#watch!.failed(this.id, error);
    // One that can't be read is being closed with its code already; ending it now would drop the close frame.
    if (this.#ws.readyState === this.#ws.OPEN) this.terminate();
  }

  closed(code: number, reason: Buffer): void {
    this.#closing = true;
    this.#queue.clear();
    this.#inbound!.closed(code, reason.toString('utf8'));
    this.#watch!.closed(this);
  }

  send(text: string): void {
    this.write(this.framing.frame(text));
  }

  write(framed: Buffer): void {
    // Nothing may follow the close frame.
    if (!this.#closing) this.#queue.push(framed);
  }

  queuedBytes(): number {
    return this.#queue.bytes;
  }

  pause(paused: boolean): void {
    if (this.#ws.readyState > this.#ws.OPEN) return;
    this.#paused = paused;
    if (paused) this.#ws.pause();
    else this.#ws.resume();
  }

  close(code: number, reason = ''): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#queue.flush();
    // A paused socket would never see the answer to the close.
    this.#ws.resume();
    this.#ws.close(code, closeReason(reason));
  }

  terminate(): void {
    this.#closing = true;
    this.#ws.terminate();
  }

  ping(): void {
    if (this.#ws.readyState !== this.#ws.OPEN) return;
    // Of a paused one no answer is read; that it takes what waits for it is a sign of life too.
    const queued = this.#queue.bytes;
    if (this.#paused && queued < this.#queuedAtPing) this.#missed = 0;
    this.#queuedAtPing = queued;
    if (this.#missed >= 2) return this.terminate();
    this.#missed++;
    this.#ws.ping();
  }
}

function onMessage(this: Owned, data: Buffer, binary: boolean): void {
  this[OWNER]!.take(data, binary);
}

function onPong(this: Owned): void {
  this[OWNER]!.heard();
}

function onError(this: Owned, error: Error): void {
  this[OWNER]!.failed(error);
}

function onClose(this: Owned, code: number, reason: Buffer): void {
  this[OWNER]!.closed(code, reason);
}

/**
 * Lets go of the request that became a socket. The connection would keep it, its headers (a token among them), its
 * response, Fastify's objects and a logger of its own until it closes: measured, 8 KiB of the 20 KiB of an idle
 * connection (`pnpm bench s2`). What the plugin does on an error of the socket, the caller must do from here on.
 */
function releaseUpgrade(ws: WebSocket, request: UpgradeRequest): void {
  // The plugin's listener holds request and reply.
  ws.removeAllListeners('error');
  const connection: NetSocket & { _httpMessage?: ServerResponse | null } = request.raw.socket;
  // Made for an upgrade by the plugin, and never ended: nobody else would detach it.
  connection._httpMessage?.detachSocket(connection);
}
