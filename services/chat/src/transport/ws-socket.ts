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

/** A WebSocket as a duplex text channel. Frames are written past `ws`, joined per turn of the event loop. */
export class WsSocket implements Socket {
  readonly id = randomUUID();
  readonly framing = wsFraming;
  readonly peer: Peer;
  readonly #ws: WebSocket;
  readonly #queue: SendQueue;
  readonly #frameBytes: number;
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

  listen(inbound: Inbound, onFailure: (error: Error) => void): void {
    const ws = this.#ws;
    ws.on('message', (data: Buffer, binary: boolean) => {
      this.#missed = 0;
      if (data.length > this.#frameBytes) return this.close(CLOSE.tooBig, 'frame too big');
      inbound.frame(binary ? data : data.toString('utf8'));
    });
    ws.on('pong', () => {
      this.#missed = 0;
    });
    ws.on('error', (error) => {
      onFailure(error);
      // One that can't be read is being closed with its code already; ending it now would drop the close frame.
      if (ws.readyState === ws.OPEN) this.terminate();
    });
    ws.once('close', (code: number, reason: Buffer) => {
      this.#closing = true;
      this.#queue.clear();
      inbound.closed(code, reason.toString('utf8'));
    });
    this.#queue.onDrain(() => inbound.drained());
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
