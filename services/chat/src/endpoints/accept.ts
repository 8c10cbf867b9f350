import { addressKey, Bucket, isOriginAllowed, toAppError } from '@gongu/host';
import { AppError } from '@gongu/shared';
import type { ChatEnv } from '../env.ts';
import type { Codec, ProtocolKind } from '../protocol/codec.ts';
import { chooseSubprotocol, detectProtocol } from '../protocol/detect.ts';
import { createJsonProtocol } from '../protocol/json.ts';
import { createDestinations } from '../protocol/stomp/destination.ts';
import { createStompProtocol } from '../protocol/stomp/protocol.ts';
import { Session } from '../session/session.ts';
import type { SessionOpening, SessionOptions } from '../session/session-options.ts';
import type { Sessions } from '../session/sessions.ts';
import type { Hello, Inbound, Socket } from '../transport/socket.ts';
import type { RawClient } from '../transport/sockjs/options.ts';
import type { WebSocketRoute } from '../transport/websocket.ts';
import type { createIdentify } from './identify.ts';

export interface AcceptOptions {
  readonly env: ChatEnv;
  readonly now: () => number;
  /** For durations. */
  readonly monotonic: () => number;
  readonly sessions: Sessions;
  /** The parts that sessions work with. */
  readonly parts: Pick<SessionOptions, 'commands' | 'hub' | 'overview' | 'connections' | 'leaving' | 'promote' | 'log'>;
  readonly identify: ReturnType<typeof createIdentify>;
  /** What a user is refused with by now; null for nothing. */
  readonly refusalOf: SessionOptions['refusalOf'];
  readonly newId: () => string;
}

/** What all URLs of sessions have in common, so that each of them is a few lines. */
export interface Accept {
  /** Of the subprotocols that an upgrade offers, the one to answer; null for none. */
  choose(offered: readonly string[]): string | null;
  /** What an upgrade with none of them or a broken one, one that comes too late, or no upgrade is refused with. */
  refusal(why: 'no-upgrade' | 'no-socket' | 'subprotocol' | 'handshake' | 'stopping'): AppError;
  /** Who an upgrade from an allowed origin names. */
  readonly identify: WebSocketRoute['identify'];
  /** Opens a session; what a URL's `accept` ends in. */
  open(socket: Socket, hello: Hello, codec: Codec, opening?: SessionOpening): Inbound;
  /** Opens a session whose protocol the subprotocol or the first frame decides. */
  openAny(socket: Socket, hello: Hello): Inbound;
  /** The protocol that a first frame speaks, where SockJS was expected; null for none. */
  sniff(frame: string | Uint8Array): RawClient | null;
}

/** Who may open a session, and what it speaks, whatever carries it. */
export function createAccept({
  env,
  now,
  monotonic,
  sessions,
  parts,
  identify,
  refusalOf,
  newId,
}: AcceptOptions): Accept {
  const json = createJsonProtocol({ contentChars: env.MAX_CONTENT_CHARS });
  const stomp = stompOf(env, newId);
  const protocols = [json, stomp];
  const options: SessionOptions = {
    ...parts,
    toAppError,
    authenticate: identify.token,
    refusalOf,
    limits: {
      contentChars: env.MAX_CONTENT_CHARS,
      frameBytes: env.MAX_FRAME_BYTES,
      editWindowS: env.CHANGES ? env.EDIT_WINDOW_S : undefined,
      sendQueueBytes: env.SEND_QUEUE_BYTES,
      sendTimeoutMs: env.SEND_TIMEOUT_MS,
      firstFrameMs: env.FIRST_FRAME_MS,
      heartbeatMs: env.HEARTBEAT_MS,
      framesPerSecond: env.RATE_FRAMES_PER_SECOND,
    },
    newFrameBudget: (nowMs) => new Bucket({ perSecond: env.RATE_FRAMES_PER_SECOND }, nowMs),
    addressKey: ({ address: ip, hops: ips }) => addressKey({ ip, ips }),
    now,
    monotonic,
    onOver: sessions.delete,
  };

  function open(socket: Socket, hello: Hello, codec: Codec, opening?: SessionOpening): Inbound {
    const session = new Session(options, socket, codec);
    sessions.add(session);
    session.start(hello.user, opening);
    return session;
  }

  return {
    choose: (offered) => chooseSubprotocol(protocols, offered),
    refusal(why) {
      const all = protocols.flatMap((kind) => kind.subprotocols).join(', ');
      if (why === 'stopping') return new AppError('UNAVAILABLE', { detail: 'The service is stopping' });
      const details = {
        'no-upgrade': 'This URL takes a WebSocket upgrade',
        'no-socket': 'There is no WebSocket at this URL',
        subprotocol: `Offer one of the subprotocols ${all}`,
        handshake: 'The Sec-WebSocket headers are not those of RFC 6455: a key, version 13, subprotocols each once',
      };
      return new AppError('VALIDATION_FAILED', { detail: details[why] });
    },
    async identify(request, query) {
      if (!isOriginAllowed(request.headers.origin, env.ALLOWED_ORIGINS)) throw new AppError('ORIGIN_NOT_ALLOWED');
      return identify.upgrade(request, query);
    },
    open,
    openAny: (socket, hello) => open(socket, hello, detectProtocol(protocols, hello.subprotocol)),
    sniff(frame) {
      const kind = protocols.find((candidate) => candidate.sniff(frame));
      return kind ? { protocol: kind === stomp ? 'stomp' : 'json', preamble: kind.preamble ?? '' } : null;
    },
  };
}

function stompOf(env: ChatEnv, newId: () => string): ProtocolKind {
  return createStompProtocol({
    destinations: createDestinations(),
    limits: {
      contentChars: env.MAX_CONTENT_CHARS,
      // A frame may come in several messages of the socket, each of which the transport measures by itself.
      frame: { bodyBytes: env.MAX_FRAME_BYTES, frameBytes: env.MAX_FRAME_BYTES },
    },
    lobbyRoomId: env.LOBBY_ROOM_ID === '' ? null : env.LOBBY_ROOM_ID,
    newId,
  });
}
