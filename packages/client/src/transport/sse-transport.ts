import { CLOSE, type Command, type Event, type EventOf, LIMITS, type Message } from '@gongu/shared';
import type { ChatError, Result } from '../chat-error.ts';
import type { Clock } from '../clock.ts';
import { type Claims, readClaims } from '../connection/claims.ts';
import type { Rest, RestAnswer } from '../rest.ts';
import { createSseRoom, type SseRoom } from './sse-room.ts';
import type { Channel, ChannelHandlers, Transport } from './transport.ts';

export interface SseTransportOptions {
  readonly rest: Rest;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly random: () => number;
}

/** The closes of errors that end the channel whatever asked. */
const CLOSES: Partial<Record<ChatError['code'], number>> = {
  TOKEN_EXPIRED: CLOSE.tokenExpired,
  TOKEN_REVOKED: CLOSE.tokenExpired,
  UNAUTHENTICATED: CLOSE.unauthenticated,
  BLOCKED: CLOSE.blocked,
};

/** Streams at a time: a browser opens six connections to a host of HTTP/1.1, and requests need some. More rooms poll. */
const STREAMS_MAX = 3;

/**
 * Frames over HTTP, for networks that let no WebSocket through: commands become requests, and each room is followed by
 * an event stream. What it speaks on this side is `gongu.v1`, so that nobody above knows. Typing is not sent. A token that
 * ends is renewed by the first request that is refused for it.
 */
export function createSseTransport(options: SseTransportOptions): Transport {
  return { name: 'sse', open: (token, handlers) => openChannel(options, token, handlers) };
}

function openChannel(
  { rest, fetch, clock, random }: SseTransportOptions,
  first: string,
  handlers: ChannelHandlers,
): Channel {
  const rooms = new Map<string, SseRoom>();
  const tails = new Map<string, Promise<void>>();
  let token = first;
  let over = false;

  function pass(event: Event): void {
    if (!over) handlers.onEvent(event);
  }

  function end(code: number, reason: string): void {
    if (over) return;
    close();
    handlers.onClosed(code, reason);
  }

  function close(): void {
    over = true;
    for (const room of rooms.values()) room.close();
    rooms.clear();
  }

  /** Ends the channel where the error is not that of one command. True when it did. */
  function ends(error: ChatError): boolean {
    const { code, message } = error;
    if (code === 'CONNECTION_LOST' || code === 'TOKEN_UNAVAILABLE') end(1006, message);
    const close = CLOSES[code];
    if (close !== undefined) {
      pass({ type: 'error', code: code as EventOf<'error'>['code'], message, errors: [] });
      end(close, message);
    }
    return over;
  }

  function refuse(error: ChatError, { ref, roomId }: { ref?: string | undefined; roomId?: string }): void {
    if (over || ends(error)) return;
    const { code, message, retryAfterMs, errors } = error;
    pass({
      type: 'error',
      code: code as EventOf<'error'>['code'],
      message,
      errors: [...errors],
      ref,
      roomId,
      retryAfterMs,
    });
  }

  /** Asks something small with the token: whether the server is there, and takes it. */
  const ask = () => rest.request('GET', '/rooms?limit=1');

  async function greet(): Promise<void> {
    const answer = await ask();
    if (over) return;
    // An error that is no end to a channel is one to its beginning.
    if (!answer.ok) {
      if (ends(answer.error)) return;
      // Told first: it may say when to come again.
      refuse(answer.error, {});
      return end(1006, answer.error.message);
    }
    pass(readyOf(readClaims(token), clock.now()));
  }

  function roomOf(roomId: string): SseRoom {
    const present = rooms.get(roomId);
    if (present) return present;
    const made = createSseRoom({
      roomId,
      rest,
      token: () => token,
      fetch,
      clock,
      random,
      mayStream: () => [...rooms.values()].filter((room) => room.isStreaming).length < STREAMS_MAX,
      onEvent(event) {
        pass(event);
        if (event.type === 'reconnect') end(CLOSE.draining, 'draining');
      },
      onAlive: () => !over && handlers.onAlive(),
      onFailed: (error) => refuse(error, { roomId }),
    });
    rooms.set(roomId, made);
    return made;
  }

  async function run(command: Exclude<Command, { type: 'auth' | 'ping' | 'typing' }>): Promise<void> {
    const { roomId, ref } = command;
    const path = `/rooms/${encodeURIComponent(roomId)}`;
    const request = async <T>(method: string, what: string, body?: unknown): Promise<RestAnswer<T> | null> => {
      const answer: Result<RestAnswer<T>> = await rest.request<T>(method, `${path}${what}`, body);
      if (over) return null;
      if (answer.ok) return answer.value;
      refuse(answer.error, command);
      return null;
    };
    switch (command.type) {
      case 'join':
      case 'watch': {
        const room = roomOf(roomId);
        const joined = await room.join(command.after ?? null, command.type === 'watch', command.epoch);
        if (over) return;
        if (!joined.ok) {
          rooms.delete(roomId);
          return refuse(joined.error, command);
        }
        pass({ ...joined.value, ref });
        return room.follow();
      }
      case 'send': {
        const { type: _type, ref: _ref, roomId: _roomId, ...body } = command;
        const entered = await rooms.get(roomId)?.enter();
        if (over) return;
        if (entered && !entered.ok) return refuse(entered.error, command);
        const stored = await request<Message>('POST', '/messages', body);
        if (!stored) return;
        const { seq, messageId, createdAt } = stored.body;
        pass({
          type: 'ack',
          ref,
          roomId,
          seq,
          messageId,
          clientMessageId: body.clientMessageId,
          createdAt,
          duplicate: stored.status === 200,
        });
        // The stream brings it too, later perhaps by some seconds.
        return pass({ type: 'message', ...stored.body });
      }
      case 'edit': {
        const { type: _type, ref: _ref, roomId: _roomId, seq, ...body } = command;
        const done = await request<Message>('PATCH', `/messages/${seq}`, body);
        return done ? pass({ type: 'ok', ref, version: done.body.version }) : undefined;
      }
      case 'delete': {
        const done = await request<{ version?: number } | undefined>('DELETE', `/messages/${command.seq}`);
        return done ? pass({ type: 'ok', ref, version: done.body?.version }) : undefined;
      }
      case 'react': {
        const path = `/messages/${command.seq}/reactions/${encodeURIComponent(command.emoji)}`;
        const done = await request<{ version: number }>(command.on ? 'PUT' : 'DELETE', path);
        return done ? pass({ type: 'ok', ref, version: done.body.version }) : undefined;
      }
      case 'pin': {
        const done = await request(command.on ? 'PUT' : 'DELETE', `/pins/${command.seq}`);
        return done ? pass({ type: 'ok', ref }) : undefined;
      }
      case 'read':
        return void (await request('PUT', '/read', { seq: command.seq }));
      case 'history': {
        const { before, after, limit } = command;
        const where = before != null ? `&before=${before}` : after != null ? `&after=${after}` : '';
        const page = await request<{ messages: Message[]; hasMore: boolean }>(
          'GET',
          `/messages?limit=${limit}${where}`,
        );
        return page ? pass({ type: 'page', ref, roomId, ...page.body }) : undefined;
      }
      case 'unwatch':
      case 'unsubscribe':
      case 'leave': {
        rooms.get(roomId)?.close();
        rooms.delete(roomId);
        const me = encodeURIComponent(readClaims(token)?.userId ?? '');
        if (command.type === 'leave' && !(await request('DELETE', `/participants/${me}`))) return;
        return pass(
          command.type === 'unwatch' ? { type: 'unwatched', ref, roomId, reason: 'ASKED' } : { type: 'ok', ref },
        );
      }
    }
  }

  void greet();
  return {
    send(command) {
      if (command.type === 'auth') {
        token = command.token;
        void greet();
      } else if (command.type === 'ping') {
        // An answer to any request is a sign of life.
        void ask().then((answer) => {
          if (over) return;
          if (answer.ok) pass({ type: 'pong', serverTime: new Date(clock.now()).toISOString() });
          else if (!ends(answer.error)) handlers.onAlive();
        });
      } else if (command.type !== 'typing') {
        // As on a socket: what concerns one room happens in order.
        const { roomId } = command;
        const tail = (tails.get(roomId) ?? Promise.resolve()).then(() => (over ? undefined : run(command)));
        tails.set(roomId, tail);
        void tail.finally(() => tails.get(roomId) === tail && tails.delete(roomId));
      }
    },
    close,
  };
}

function readyOf(claims: Claims | null, nowMs: number): EventOf<'ready'> {
  const { userId = '', nickname = '', tag = null, expiresAtMs = nowMs } = claims ?? {};
  return {
    type: 'ready',
    connectionId: '',
    user: { userId, nickname, tag },
    serverTime: new Date(nowMs).toISOString(),
    heartbeatMs: LIMITS.heartbeatMs,
    tokenExpiresAt: new Date(expiresAtMs).toISOString(),
    // What the server says to sockets alone: as it is by default; what it does not take, it refuses.
    limits: { contentChars: LIMITS.contentChars, frameBytes: LIMITS.frameBytes, editWindowS: 86_400 },
  };
}
