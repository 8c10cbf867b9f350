// Over 300 lines: what a client is and what it is made of, put together in one place.
import type { Event, Message, Room as RoomView } from '@gongu/shared';
import { type Result, success } from './chat-error.ts';
import { type Clock, systemClock } from './clock.ts';
import { readClaims } from './connection/claims.ts';
import { createConnection } from './connection/connection.ts';
import type { ConnectionState } from './connection/connection-state.ts';
import { createTokenSource, type TokenProvider } from './connection/token-source.ts';
import type { FileCarrier } from './files/file-carrier.ts';
import type { FileStorage } from './files/kept-files.ts';
import { newId as randomId } from './new-id.ts';
import { browserStorage } from './outbox/browser-storage.ts';
import { createOutbox } from './outbox/outbox.ts';
import type { OutboxStorage } from './outbox/outbox-storage.ts';
import { createOwnChoices, type OwnChoices } from './own-choices.ts';
import type { Push } from './push/push-state.ts';
import { createRest } from './rest.ts';
import { createRoom, type Room } from './room/room.ts';
import { createRoomFeed, type RoomFeed } from './room/room-feed.ts';
import { createRoomList, type RoomList } from './rooms/room-list.ts';
import { browserSignals, type Signals } from './signals.ts';
import type { Channel, Transport } from './transport/transport.ts';
import { createWebSocketTransport, type WebSocketConstructor } from './transport/websocket-transport.ts';

export interface ChatClientOptions {
  /** Where the chat service is: `https://shop.example`, whatever follows the host counts as a prefix. */
  readonly url: string;
  readonly token: TokenProvider;
  /** Where unsent messages wait over a reload. Default: localStorage, else memory. */
  readonly storage?: OutboxStorage;
  /** Where the bytes of their files wait. Default: IndexedDB; without it they last as long as the page. */
  readonly fileStorage?: FileStorage;
  /** Bytes of files that may wait in all; a message with more is refused (`STORAGE_FULL`). Default 250 MiB. */
  readonly filesBytes?: number;
  /** Default: the global one; where there is none (Node 20), pass that of `ws`, or HTTP alone is used. */
  readonly WebSocket?: WebSocketConstructor;
  /** Default: the global one. */
  readonly fetch?: typeof fetch;
  /** Default: the browser's network and visibility. */
  readonly signals?: Signals;
  readonly clock?: Clock;
  /** 0 ≤ n < 1. Default `Math.random`. */
  readonly random?: () => number;
  /** A fresh id of 1 to 64 characters. */
  readonly newId?: () => string;
  /** Best first. Default: WebSocket at `/ws`, then event streams with HTTP. */
  readonly transports?: readonly Transport[];
}

/** A room in the list of one's own. */
export interface MyRoom extends RoomView {
  readonly unread: number;
  /** Of these, messages that are not deleted and mention one, or all. */
  readonly unreadMentions: number;
  readonly lastReadSeq: number;
  readonly lastMessage: Message | null;
}

export interface ChatClient {
  /** Where the chat service is, without a slash at the end. */
  readonly url: string;
  readonly connection: {
    subscribe(listener: () => void): () => void;
    /** The same object until something in it changes. */
    getSnapshot(): ConnectionState;
  };
  /** Connects and stays connected; listening to a room does so too. After `closed` it tries anew. */
  connect(): void;
  /** Disconnects. Rooms stay as they are, and go on with the next `connect`. */
  disconnect(): void;
  /**
   * A room. With `watch`, listening to it is looking: no place is taken, nobody is told, and the first message that is sent
   * makes one a member; a member is one from the start. Without, listening joins it.
   */
  room(roomId: string, options?: { readonly watch?: boolean }): Room;
  /** A page of the rooms in which one is a member, newest membership first. */
  myRooms(page?: {
    readonly limit?: number;
    readonly cursor?: string;
  }): Promise<Result<{ readonly items: readonly MyRoom[]; readonly nextCursor: string | null }>>;
  /** The rooms in which one is, as they move: for a list of rooms, or a badge. The same list with every call. */
  rooms(): RoomList;
  /**
   * A request beside the connection, with the user's token, which is renewed once where it has expired. `path` starts below
   * `/api/chat`, as docs/protocol.md has them. Never rejects. `value`: the answer's body.
   */
  request<T>(method: string, path: string, body?: unknown): Promise<Result<T>>;
  /**
   * Loads the code that keeps and uploads files, so that it is there when there is no connection. Without it, it is loaded
   * with the first message that has files on their way. Rejects where the code can't be had.
   */
  prepareFiles(): Promise<void>;
  /** Whom he ignores, and which rooms are muted for him. Nobody else is told, and no other browser. */
  readonly choices: OwnChoices;
  /** Whether this browser is told by push of what is unread, room by room. */
  readonly push: Push;
}

/** Milliseconds a room outlives its last listener: a change of screens, or a second mount, costs no new join. */
const LINGER_MS = 3_000;
/** Ten files of the size that a service takes by default. */
const FILES_BYTES = 262_144_000;

/** The chat of one user: one connection, any number of rooms. */
export function createChatClient(options: ChatClientOptions): ChatClient {
  const {
    clock = systemClock,
    random = Math.random,
    newId = randomId,
    signals = browserSignals(),
    storage = browserStorage(),
    fileStorage: files,
    filesBytes = FILES_BYTES,
  } = options;
  // Called as a method of the options it would have the wrong `this` in a browser.
  const fetch: typeof globalThis.fetch = options.fetch ?? ((...request) => globalThis.fetch(...request));
  const url = options.url.replace(/\/+$/, '');
  const held = new Map<string, { feed: RoomFeed; holders: number; cancelLinger: () => void }>();

  const tokens = createTokenSource({
    async provide(asked) {
      const token = await options.token(asked);
      const claims = token ? readClaims(token) : null;
      // Before the server has answered: what is written meanwhile already has an owner.
      if (claims) own(claims.userId);
      return token;
    },
    clock,
  });
  const choices = createOwnChoices(clock);
  const rest = createRest({ url, tokens, fetch });
  const outbox = createOutbox({
    storage,
    clock,
    random,
    newId,
    link: () => connection.link,
    request: rest.request,
    carrier: loadCarrier,
    filesBytes,
    serverNow: () => clock.now() + connection.state.get().clockOffsetMs,
    contentChars: () => connection.state.get().contentChars,
    onSlowMode: (roomId, ms) => held.get(roomId)?.feed.slowFor(ms),
    onReacted: (roomId, change) => held.get(roomId)?.feed.reacted(change),
    isShown: (stored) => held.get(stored.roomId)?.feed.shows(stored) ?? true,
    onChange: (roomId) => held.get(roomId)?.feed.refresh(),
  });
  const connection = createConnection({
    transports: options.transports ?? defaultTransports(),
    tokens,
    clock,
    random,
    signals,
    onReady({ user }) {
      // Joins go out first: where they take a place, what is sent needs it.
      for (const { feed } of held.values()) feed.ready(user.userId);
      own(user.userId);
      roomList.own(user.userId);
      outbox.ready();
    },
    onEvent: handle,
    onLost() {
      outbox.stop();
      for (const { feed } of held.values()) feed.lost();
    },
  });
  const roomList = createRoomList({
    async load() {
      const { followRooms } = await import('./rooms/follow-rooms.ts');
      return (store, refresh) => followRooms({ url, tokens, fetch, clock, random, signals }, store, refresh);
    },
    clock,
    random,
    signals,
  });
  const rooms: RoomList = { subscribe: roomList.subscribe, getSnapshot: roomList.getSnapshot };
  let unlisten = () => {};

  async function request<T>(method: string, path: string, body?: unknown): Promise<Result<T>> {
    const answer = await rest.request<T>(method, path, body);
    return answer.ok ? success(answer.value.body) : answer;
  }

  let carrier: Promise<FileCarrier> | null = null;
  /** Few send files. */
  function loadCarrier(): Promise<FileCarrier> {
    carrier ??= import('./files/file-carrier.ts').then(
      ({ createFileCarrier }) => createFileCarrier({ client, storage, files, outbox, clock, random }),
      (error) => {
        carrier = null;
        throw error;
      },
    );
    return carrier;
  }

  function own(userId: string): void {
    choices.own(userId);
    void outbox.own(userId);
  }

  function defaultTransports(): Transport[] {
    const WebSocket = options.WebSocket ?? (globalThis as unknown as { WebSocket?: WebSocketConstructor }).WebSocket;
    // A quarter of the code, and few ever need it.
    const sse = createLazyTransport('sse', async () => {
      const { createSseTransport } = await import('./transport/sse-transport.ts');
      return createSseTransport({ rest, fetch, clock, random });
    });
    return WebSocket ? [createWebSocketTransport({ url: `${url.replace(/^http/, 'ws')}/ws`, WebSocket }), sse] : [sse];
  }

  function handle(event: Event): void {
    if ('roomId' in event && event.roomId !== undefined) held.get(event.roomId)?.feed.heard(event);
  }

  function connect(): void {
    connection.start();
    roomList.connect();
    unlisten();
    unlisten = signals.listen((signal) => {
      if (signal === 'hidden') for (const { feed } of held.values()) feed.readMark.flush();
    });
  }

  function hold(roomId: string, watch: boolean): () => void {
    const present = held.get(roomId) ?? {
      feed: createRoomFeed({
        roomId,
        me: connection.state.get().user?.userId ?? '',
        watch,
        link: () => connection.link,
        outbox,
        rest,
        clock,
        random,
      }),
      holders: 0,
      cancelLinger() {},
    };
    present.cancelLinger();
    if (!watch) present.feed.joinAnyway();
    present.holders++;
    if (!held.has(roomId)) {
      held.set(roomId, present);
      const { status, user } = connection.state.get();
      if (status === 'idle') connect();
      else if (connection.link && user) present.feed.ready(user.userId);
    }
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      if (--present.holders > 0) return;
      present.cancelLinger = clock.after(LINGER_MS, () => {
        held.delete(roomId);
        present.feed.close();
      });
    };
  }

  const client: ChatClient = {
    url,
    connection: { subscribe: connection.state.subscribe, getSnapshot: connection.state.get },
    connect,
    disconnect() {
      for (const { feed } of held.values()) feed.readMark.flush();
      unlisten();
      connection.stop();
      roomList.disconnect();
    },
    room: (roomId, { watch = false } = {}) =>
      createRoom(roomId, { feed: (id) => held.get(id)?.feed, hold, watch, outbox }),
    async myRooms({ limit, cursor } = {}) {
      const query = new URLSearchParams({
        ...(limit === undefined ? {} : { limit: String(limit) }),
        ...(cursor === undefined ? {} : { cursor }),
      });
      return request('GET', `/rooms?${query}`);
    },
    request,
    rooms: () => rooms,
    prepareFiles: async () => void (await loadCarrier()),
    choices,
    push: {
      state: async (roomId) => (await loadPush()).state(roomId),
      set: async (...how) => (await loadPush()).set(...how),
    },
  };
  return client;

  /** Few ask for it. */
  async function loadPush(): Promise<Push> {
    const { createRoomPush } = await import('./push/room-push.ts');
    return createRoomPush({ request });
  }
}

/** A transport whose code is loaded with its first use. Code that can't be had counts as a channel that never opened. */
function createLazyTransport(name: string, load: () => Promise<Transport>): Transport {
  return {
    name,
    open(token, handlers) {
      let channel: Channel | null = null;
      let isClosed = false;
      load().then(
        (transport) => {
          if (!isClosed) channel = transport.open(token, handlers);
        },
        (error) => {
          if (!isClosed) handlers.onClosed(1006, String(error));
        },
      );
      return {
        send: (command) => channel?.send(command),
        close() {
          isClosed = true;
          channel?.close();
        },
      };
    },
  };
}
