import { addressKey } from '@gongu/host';
import { AppError, publicUser, RoomId } from '@gongu/shared';
import type { ChatEnv } from '../../env.ts';
import type { Codec } from '../../protocol/codec.ts';
import { OPENING_REF } from '../../protocol/one-room.ts';
import type { Anonymous } from '../../room/anonymous.ts';
import type { Rates } from '../../room/rates.ts';
import type { Hello, Identity, Inbound, Socket } from '../../transport/socket.ts';
import type { UpgradeRequest } from '../../transport/upgrade-request.ts';
import type { WebSockets } from '../../transport/websocket.ts';
import type { Accept } from '../accept.ts';
import type { ChatUrl } from '../websocket.ts';
import { type RoomQuery, roomQueryOf } from './room-query.ts';
import { createRoomSignalCodec } from './room-signal.ts';
import { type AliasOptions, createRoomChatCodec, createSessionChatCodec } from './single-room.ts';

export interface OlderUrlsOptions {
  readonly env: ChatEnv;
  readonly accept: Accept;
  readonly websockets: WebSockets;
  /** `/ws/chat`. */
  readonly chatUrl: ChatUrl;
  readonly anonymous: Anonymous;
  readonly rates: Pick<Rates, 'identity'>;
  readonly newId: () => string;
}

/**
 * The plain-JSON URLs of clients older than gongu.v1: `/ws/chat?sessionId={roomId}`, `/chat/{roomId}` and
 * `/room?roomId=` (the lobby where it names none). Each is about one room, which is joined at once; one who presents no
 * token gets an anonymous identity where ANONYMOUS_ACCESS allows it. All of it is in this folder and can be deleted with
 * it, the import of this function and its call: the import check lets nothing else name the folder.
 */
export function registerOlderUrls({
  env,
  accept,
  websockets,
  chatUrl,
  anonymous,
  rates,
  newId,
}: OlderUrlsOptions): void {
  /** Tokens of identities that were made for an upgrade, until their socket opens. */
  const made = new WeakMap<Identity, string>();

  async function identifyOrMake(request: UpgradeRequest, query: URLSearchParams): Promise<Identity> {
    const presented = await accept.identify(request, query);
    if (presented) return presented;
    if (!env.ANONYMOUS_ACCESS) throw new AppError('UNAUTHENTICATED');
    rates.identity(addressKey(request));
    const { token, user, expiresAt } = await anonymous(null, { visitor: true });
    const identity = { ...publicUser(user), roles: [], anon: true, visitor: true, expiresAtMs: Date.parse(expiresAt) };
    made.set(identity, token);
    return identity;
  }

  function checked(roomId: string | null | undefined, query: URLSearchParams): RoomQuery {
    const id = RoomId.safeParse(roomId);
    const opening = id.success ? roomQueryOf(id.data, query) : null;
    if (opening) return opening;
    throw new AppError('VALIDATION_FAILED', {
      errors: [
        { path: id.success ? 'after' : 'roomId', message: id.success ? 'must be a whole number' : 'is no room id' },
      ],
    });
  }

  function open(socket: Socket, hello: Hello, opening: RoomQuery, create: (options: AliasOptions) => Codec): Inbound {
    const codec = create({ opening, contentChars: env.MAX_CONTENT_CHARS, newId });
    return accept.open(socket, hello, codec, {
      identityToken: hello.user ? made.get(hello.user) : undefined,
      commands: [{ type: 'join', ref: OPENING_REF, roomId: opening.roomId, after: opening.after }],
    });
  }

  const roomOf = (request: UpgradeRequest) => (request.params as { roomId?: string }).roomId;
  websockets.mount('/chat/:roomId', {
    async identify(request, query) {
      checked(roomOf(request), query);
      return identifyOrMake(request, query);
    },
    accept: (socket, hello, request) => open(socket, hello, checked(roomOf(request), hello.query), createRoomChatCodec),
  });

  const lobbyOr = (query: URLSearchParams) => query.get('roomId') || env.LOBBY_ROOM_ID;
  websockets.mount('/room', {
    async identify(request, query) {
      checked(lobbyOr(query), query);
      return identifyOrMake(request, query);
    },
    accept: (socket, hello) => open(socket, hello, checked(lobbyOr(hello.query), hello.query), createRoomSignalCodec),
  });

  chatUrl.variant('sessionId', {
    async identify(request, query) {
      checked(query.get('sessionId'), query);
      return identifyOrMake(request, query);
    },
    accept: (socket, hello) =>
      open(socket, hello, checked(hello.query.get('sessionId'), hello.query), createSessionChatCodec),
  });
}
