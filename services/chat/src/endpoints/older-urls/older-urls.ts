import { AppError, publicUser, RoomId } from '@gongu/shared';
import type { FastifyRequest } from 'fastify';
import type { Codec } from '../../protocol/codec.ts';
import { OPENING_REF } from '../../protocol/one-room.ts';
import type { Hello, Identity, Inbound, Socket } from '../../transport/socket.ts';
import type { Upgrade } from '../../transport/websocket.ts';
import type { SocketDeps, SocketParts } from '../accept.ts';
import { type Opening, openingOf } from './opening.ts';
import { createRoomSignalCodec } from './room-signal.ts';
import { type AliasOptions, createRoomChatCodec, createSessionChatCodec } from './single-room.ts';

/**
 * The plain-JSON URLs of clients older than gongu.v1, all of them here so that they can be deleted with this file:
 * `/ws/chat?sessionId={roomId}` (S1), `/chat/{roomId}` (S2) and `/room?roomId=` (S4; the lobby where it names none). Each
 * is about one room, which is joined at once; one who presents no token gets an anonymous identity where ANONYMOUS_ACCESS
 * allows it. Returns what `/ws/chat` itself takes.
 */
export function registerOlderUrls(parts: SocketParts, deps: SocketDeps): Upgrade {
  const { env, anonymous, newId } = deps;
  /** Tokens of identities that were made for an upgrade, until their socket opens. */
  const made = new WeakMap<Identity, string>();

  async function identifyOrMake(request: FastifyRequest, query: URLSearchParams): Promise<Identity> {
    const presented = await parts.identify(request, query);
    if (presented) return presented;
    if (!env.ANONYMOUS_ACCESS) throw new AppError('UNAUTHENTICATED');
    const { token, user, expiresAt } = await anonymous(null);
    const identity = { ...publicUser(user), roles: [], anon: true, expiresAtMs: Date.parse(expiresAt) };
    made.set(identity, token);
    return identity;
  }

  function checked(roomId: string | null | undefined, query: URLSearchParams): Opening {
    const id = RoomId.safeParse(roomId);
    const opening = id.success ? openingOf(id.data, query) : null;
    if (opening) return opening;
    throw new AppError('VALIDATION_FAILED', {
      errors: [
        { path: id.success ? 'after' : 'roomId', message: id.success ? 'must be a whole number' : 'is no room id' },
      ],
    });
  }

  function open(socket: Socket, hello: Hello, opening: Opening, create: (options: AliasOptions) => Codec): Inbound {
    const codec = create({ opening, contentChars: env.MAX_CONTENT_CHARS, newId });
    return parts.open(socket, hello, codec, {
      identityToken: hello.user ? made.get(hello.user) : undefined,
      commands: [{ type: 'join', ref: OPENING_REF, roomId: opening.roomId, after: opening.after }],
    });
  }

  const roomOf = (request: FastifyRequest) => (request.params as { roomId?: string }).roomId;
  parts.websockets.mount('/chat/:roomId', {
    async identify(request, query) {
      checked(roomOf(request), query);
      return identifyOrMake(request, query);
    },
    accept: (socket, hello, request) => open(socket, hello, checked(roomOf(request), hello.query), createRoomChatCodec),
  });

  const lobbyOr = (query: URLSearchParams) => query.get('roomId') || env.LOBBY_ROOM_ID;
  parts.websockets.mount('/room', {
    async identify(request, query) {
      checked(lobbyOr(query), query);
      return identifyOrMake(request, query);
    },
    accept: (socket, hello) => open(socket, hello, checked(lobbyOr(hello.query), hello.query), createRoomSignalCodec),
  });

  return parts.websockets.upgrade({
    async identify(request, query) {
      if (!query.has('sessionId')) return parts.identify(request, query);
      checked(query.get('sessionId'), query);
      return identifyOrMake(request, query);
    },
    accept(socket, hello) {
      if (!hello.query.has('sessionId')) return parts.openAny(socket, hello);
      return open(socket, hello, checked(hello.query.get('sessionId'), hello.query), createSessionChatCodec);
    },
  });
}
