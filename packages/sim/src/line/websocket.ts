import { CLOSE } from '@gongu/shared';
import { WebSocket } from 'ws';
import type { Call, PausableLine, Speak } from './line.ts';

/** How the upgrade says who it is. */
export type Presenting = 'first frame' | 'subprotocol' | 'query' | 'header' | 'ticket';

export interface WebSocketChannel {
  /** Path and query. */
  readonly path: (call: Call) => string;
  readonly protocols: readonly string[];
  readonly presenting: Presenting;
  readonly speak: Speak;
}

const TICKET_MS = 8_000;

/** Texts over a WebSocket of one's own. */
export function overWebSocket({ path, protocols, presenting, speak }: WebSocketChannel) {
  return (call: Call): PausableLine => {
    const { url, token, handlers } = call;
    let socket: WebSocket | null = null;
    let ended = false;
    const speech = speak(call, (text) => {
      if (socket?.readyState === WebSocket.OPEN) socket.send(text);
    });

    async function open(): Promise<void> {
      const query =
        presenting === 'query' ? { token } : presenting === 'ticket' ? { ticket: await ticketFor(call) } : {};
      if (ended) return;
      const at = new URL(path(call), url.replace(/^http/, 'ws'));
      for (const [name, value] of Object.entries(query)) at.searchParams.set(name, value);
      const offered = presenting === 'subprotocol' ? [...protocols, `bearer.${token}`] : [...protocols];
      const headers = presenting === 'header' ? { authorization: `Bearer ${token}` } : {};
      const opening = new WebSocket(at, offered, { headers, handshakeTimeout: 10_000, perMessageDeflate: false });
      socket = opening;
      opening.on('open', () => speech.opened());
      opening.on('message', (data) => {
        handlers.onAlive(String(data));
        speech.receive(String(data));
      });
      opening.on('pong', () => handlers.onAlive());
      opening.on('ping', () => handlers.onAlive());
      let why = '';
      opening.on('error', (error) => {
        why = error.message;
      });
      opening.on('close', (code, reason) => {
        // URLs of one room have no other way to say it.
        if (code === CLOSE.noSuchRoom) handlers.onRefused(null, 'NOT_FOUND');
        if (code === CLOSE.removed) handlers.onRefused(null, 'NOT_A_MEMBER');
        handlers.onOver(String(reason) || why || `closed ${code}`, { code });
      });
    }

    open().catch((error: Error) => handlers.onOver(error.message));
    return {
      say: speech.say,
      ping() {
        if (socket?.readyState === WebSocket.OPEN) socket.ping();
        speech.ping();
      },
      end() {
        ended = true;
        socket?.terminate();
      },
      pause: () => socket?.pause(),
      resume: () => socket?.resume(),
    };
  };
}

async function ticketFor({ url, token, secret }: Call): Promise<string> {
  const answer = await fetch(`${url}/api/chat/tickets`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(TICKET_MS),
  });
  const { ticket } = (await answer.json()) as { ticket?: string };
  if (!ticket) throw new Error(`no ticket: ${answer.status}`);
  secret(ticket);
  return ticket;
}
