import type { FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import type { Flusher } from '../send-queue.ts';
import type { Accept, Hello, Identity } from '../socket.ts';
import type { Timers } from '../timers.ts';
import type { Fetch, ForwardOptions } from './forward.ts';
import type { SessionOwners } from './owners.ts';

/** A client that speaks without SockJS framing on a SockJS URL. */
export interface RawClient {
  /** For the log. */
  readonly protocol: string;
  /** Sent before anything else, to end what the client may have made of the `o`. */
  readonly preamble: string;
}

/** How instances find and reach each other's sessions. */
export interface InstanceOptions {
  readonly owners: SessionOwners;
  readonly fetch: Fetch;
  /** A token for a request to another instance, whose URL is `owner`. */
  readonly sign: ForwardOptions['sign'];
  /** Whether a token is one of another instance, for that request to this one. */
  readonly verify: (token: string, hop: Parameters<ForwardOptions['sign']>[0]) => Promise<boolean> | boolean;
}

/** A WebSocket on the base URL. */
export interface BaseSocket {
  /** Before the upgrade; throws what it is refused with. */
  readonly check?: (request: FastifyRequest) => Promise<void>;
  readonly serve: (socket: WebSocket, request: FastifyRequest) => void;
}

export interface SockJsOptions {
  /** Takes each new session, whatever carries it. */
  readonly accept: Accept;
  /**
   * Who a request names, before `o`; null when it names nobody. Throws what the request is refused with. Once a session
   * is open it is asked again only when a request presents something else. @default nobody is named
   */
  readonly identify?: (request: FastifyRequest, query: URLSearchParams) => Promise<Identity | null>;
  /**
   * Before a new session, whatever carries it, and before `identify`. Throws what it is refused with; what is returned is
   * called once there is a session, or none. @default every one is let in
   */
  readonly admit?: () => () => void;
  /**
   * The address of a client, where it is his alone and the same with each request; sessions that were opened without a
   * credential are bound to it. @default nobody's is known
   */
  readonly addressOf?: (request: FastifyRequest) => string | null;
  /** Whether requests from this origin are answered. @default every one */
  readonly originAllowed?: (origin: string | undefined) => boolean;
  /** What a request is refused with. @default an Error with that `statusCode` */
  readonly refusal?: (why: Refused) => Error;
  /** The WebSocket transport and the raw WebSocket. Needs @fastify/websocket, registered before. @default true */
  readonly websocket?: boolean;
  /** Of the subprotocols that an upgrade offers, the one to answer; null for none, and then it is refused. @default none is looked at */
  readonly choose?: (offered: readonly string[]) => string | null;
  /** A first frame without SockJS framing that can be served all the same; null for any other. @default none can */
  readonly raw?: (frame: string | Uint8Array) => RawClient | null;
  /** What takes an upgrade on the base URL itself, which is none of SockJS's. @default refused with 400 */
  readonly base?: BaseSocket;
  /** Load balancers that stick by cookie: set JSESSIONID, and say in `/info` that cookies are needed. @default false */
  readonly jsessionid?: boolean;
  /** `base_url` in `/info`: where clients shall go instead. @default none */
  readonly baseUrl?: string;
  /** Bytes of frames in one streaming answer. @default 131_072 // 128 KiB, as Spring has it */
  readonly responseLimitBytes?: number;
  /** Milliseconds between heartbeats to a client that waits. @default 25_000 */
  readonly heartbeatMs?: number;
  /** Milliseconds without a request after which a session is gone. @default 5_000 */
  readonly disconnectDelayMs?: number;
  /** Largest message of a client, bytes; a larger one ends the session with 1009. @default 131_072 */
  readonly frameBytes?: number;
  /** Largest body of `xhr_send`, which may hold several messages. @default four times `frameBytes` */
  readonly bodyBytes?: number;
  /**
   * Bytes that the application queues for a client that doesn't take them, by its own measure. At eight times this, which
   * only one that doesn't measure reaches, the session is closed with 4008. @default 524_288
   */
  readonly sendQueueBytes?: number;
  /** It is not closed below this, however small `sendQueueBytes` is: the largest thing written at once. @default 0 */
  readonly leastCeilingBytes?: number;
  /** When WebSockets are written to. @default one of its own */
  readonly flusher?: Flusher;
  /** @default real time */
  readonly clock?: Timers;
  /** Sessions may be at other instances. @default they are all here */
  readonly instances?: InstanceOptions;
  /** A session was accepted. */
  readonly onAccepted?: (fields: { connectionId: string; transport: Transport; hello: Hello }) => void;
  /** A client was refused, for its origin, subprotocols, token or ticket. */
  readonly onRejected?: (request: FastifyRequest, error: unknown) => void;
  /** A client without SockJS framing on a SockJS URL: served raw (`protocol`), or not served (null). */
  readonly onMismatch?: (fields: { connectionId: string; path: string; protocol: string | null }) => void;
  /** Something failed that no client can be told of. */
  readonly onFailure?: (what: string, error: unknown) => void;
}

export type Transport = 'websocket' | 'raw' | 'xhr' | 'xhr_streaming' | 'eventsource';

/**
 * origin: not allowed (403) · subprotocol: none of those offered is known (400) · no-upgrade: a WebSocket URL without
 * upgrade (400) · user: the session is another user's (403) · hop: not from an instance (403)
 */
export type Refused = 'origin' | 'subprotocol' | 'no-upgrade' | 'user' | 'hop';

const STATUS: Readonly<Record<Refused, number>> = {
  origin: 403,
  subprotocol: 400,
  'no-upgrade': 400,
  user: 403,
  hop: 403,
};
const TEXT: Readonly<Record<Refused, string>> = {
  origin: 'This origin is not allowed',
  subprotocol: 'None of the subprotocols is known',
  'no-upgrade': 'Can "Upgrade" only to "WebSocket".',
  user: 'The session belongs to somebody else',
  hop: 'Not an instance of this service',
};

/** A refusal for applications that have no errors of their own. */
export function plainRefusal(why: Refused): Error {
  return Object.assign(new Error(TEXT[why]), { statusCode: STATUS[why] });
}
