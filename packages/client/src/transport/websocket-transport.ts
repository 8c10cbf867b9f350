import type { Command, Event } from '@gongu/shared';
import type { Transport } from './transport.ts';

/** As much of a WebSocket as is used: a browser's, Node 22's, or that of `ws`. */
export interface WebSocketLike {
  readonly readyState: number;
  onopen: unknown;
  onmessage: unknown;
  onclose: unknown;
  onerror: unknown;
  send(text: string): void;
  close(code?: number): void;
}

export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

export interface WebSocketTransportOptions {
  /** `wss://…/ws`. */
  readonly url: string;
  readonly WebSocket: WebSocketConstructor;
}

const OPEN = 1;

/**
 * Frames over a WebSocket. The token goes in the first frame: a URL ends in logs, and of an upgrade that was refused a
 * browser shows no reason.
 */
export function createWebSocketTransport({ url, WebSocket }: WebSocketTransportOptions): Transport {
  return {
    name: 'websocket',
    open(token, handlers) {
      let socket: WebSocketLike;
      try {
        socket = new WebSocket(url, ['gongu.v1']);
      } catch (error) {
        // A URL that the page may not use (ws: from https:).
        queueMicrotask(() => handlers.onClosed(1006, String(error)));
        return { send() {}, close() {} };
      }
      const send = (command: Command) => {
        if (socket.readyState === OPEN) socket.send(JSON.stringify(command));
      };
      socket.onopen = () => send({ type: 'auth', token });
      socket.onmessage = ({ data }: { data: unknown }) => {
        const event = eventOf(data);
        if (event) handlers.onEvent(event);
        else handlers.onAlive();
      };
      socket.onclose = ({ code, reason }: { code: number; reason: string }) => handlers.onClosed(code, reason);
      // A close always follows; without a listener `ws` would throw.
      socket.onerror = () => {};
      return {
        send,
        close() {
          socket.onopen = socket.onmessage = socket.onclose = null;
          socket.close(1000);
        },
      };
    },
  };
}

/** A frame's object; null for anything else. What it holds beyond its type is taken on trust: it is our own server. */
function eventOf(data: unknown): Event | null {
  try {
    const value = JSON.parse(data as string) as Event | null;
    return typeof value?.type === 'string' ? value : null;
  } catch {
    return null;
  }
}
