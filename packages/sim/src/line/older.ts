import { jsonOf, type LineHandlers, type Speak } from './line.ts';

/** What any of these protocols sends. */
interface OlderFrame {
  readonly type: string;
  readonly seq?: number;
  readonly kind: string;
  readonly content: string;
  readonly senderId?: string;
  readonly sender?: string | null;
  readonly code?: string;
  readonly data?: unknown;
}

/** `/ws/chat?sessionId=`: joined by opening, nothing is acknowledged. */
export const speakSession: Speak = ({ handlers }, send) => ({
  opened: () => handlers.onJoined(),
  receive(text) {
    const { type, seq, kind, content, senderId, code } = (jsonOf(text) ?? {}) as unknown as OlderFrame;
    if (type === 'message') handlers.onMessage({ seq: seq!, kind, content, sender: senderId ?? null });
    if (type === 'error') handlers.onRefused('', String(code));
  },
  say: (id, content) => send(JSON.stringify({ type: 'message', content, clientMessageId: id })),
  ping() {},
});

/** `/chat/{roomId}`: messages only, and a timestamp that nobody believes. */
export const speakRoom: Speak = ({ handlers, nowMs }, send) => ({
  opened: () => handlers.onJoined(),
  receive(text) {
    const { type, seq, content, sender } = (jsonOf(text) ?? {}) as unknown as OlderFrame;
    if (typeof seq === 'number') handlers.onMessage({ seq, kind: type, content, sender: sender ?? null });
  },
  say: (id, content) => send(JSON.stringify({ content, timestamp: nowMs(), clientMessageId: id })),
  ping() {},
});

/** `/room`: what goes to all is stored and comes back to everybody. */
export const speakSignals: Speak = ({ handlers }, send) => ({
  opened: () => handlers.onJoined(),
  receive(text) {
    const { seq, type, data, sender } = (jsonOf(text) ?? {}) as unknown as OlderFrame;
    if (typeof seq !== 'number') return; // those who came and went have no number
    handlers.onMessage({ seq, kind: kindOf(type), content: String(data), sender: sender ?? null });
  },
  say: (id, content) => send(JSON.stringify({ type: 'talk', receiver: 'all', data: content, clientMessageId: id })),
  ping() {},
});

/**
 * These protocols do not say that a recovery is not all that was missed: the first `seq` of the connection shows it.
 * Whether it was too much to recover, the checker asks.
 */
export function noticing(speak: Speak): Speak {
  return (call, send) => {
    let isFirst = true;
    const handlers: LineHandlers = {
      ...call.handlers,
      onMessage(message) {
        if (isFirst && message.seq > call.after() + 1) call.handlers.onRestarted(message.seq - 1);
        isFirst = false;
        call.handlers.onMessage(message);
      },
    };
    return speak({ ...call, handlers }, send);
  };
}

function kindOf(type: string): string {
  return type === 'SYSTEM' || type === 'NOTIFICATION' ? type : 'CHAT';
}
