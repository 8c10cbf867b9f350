import { commandSchemas, LIMITS } from '@gongu/shared';
import type { ProtocolKind } from '../codec.ts';
import { createStompCodec } from './codec.ts';
import type { HeartbeatOffer } from './connect.ts';
import type { Destinations } from './destination.ts';
import { STOMP_VERSIONS } from './frame.ts';
import { STOMP_FRAME_LIMITS, type StompFrameLimits } from './parser.ts';

export interface StompOptions {
  /** What destinations mean: `createDestinations({…})`. */
  readonly destinations: Destinations;
  readonly limits?: {
    /** Ceilings of one frame. @default STOMP_FRAME_LIMITS */
    readonly frame?: Partial<StompFrameLimits>;
    /** Longest message text, code points. @default 4_000 */
    readonly contentChars?: number;
    /** Most subscriptions of one client; one more is refused. @default 1_000 */
    readonly subscriptions?: number;
    /** Most frames of one client that wait for their answer; one more is refused. @default 1_000 */
    readonly pending?: number;
  };
  /** The room of a `/pub/chat` body that names none. @default null // refused */
  readonly lobbyRoomId?: string | null;
  /** Beats offered, milliseconds; 0 = none. @default 10_000 both ways, which is what stompjs and Spring ask for */
  readonly heartbeat?: HeartbeatOffer;
  /** `server` in CONNECTED. @default 'gongu' */
  readonly server?: string;
  /** A `clientMessageId` for messages without one. @default crypto.randomUUID */
  readonly newId?: () => string;
}

/** Commands a first frame may have. Those that must not come first are STOMP too, and are told so. */
const COMMANDS: readonly string[] = [
  'CONNECT',
  'STOMP',
  'SEND',
  'SUBSCRIBE',
  'UNSUBSCRIBE',
  'ACK',
  'NACK',
  'BEGIN',
  'COMMIT',
  'ABORT',
  'DISCONNECT',
];
const COMMAND_CHARS = Math.max(...COMMANDS.map((command) => command.length));

/** STOMP 1.0, 1.1 and 1.2, with the destinations of docs/protocol.md or any others. */
export function createStompProtocol(options: StompOptions): ProtocolKind {
  const {
    limits = {},
    destinations,
    lobbyRoomId = null,
    server = 'gongu',
    newId = () => crypto.randomUUID(),
  } = options;
  const codec = {
    destinations,
    lobbyRoomId,
    server,
    newId,
    heartbeat: options.heartbeat ?? { sendMs: 10_000, expectMs: 10_000 },
    schemas: commandSchemas(limits.contentChars ?? LIMITS.contentChars),
    frame: { ...STOMP_FRAME_LIMITS, ...limits.frame },
    subscriptions: limits.subscriptions ?? 1_000,
    pending: limits.pending ?? 1_000,
  };
  return {
    subprotocols: [...STOMP_VERSIONS].reverse().map((version) => `v${version.replace('.', '')}.stomp`),
    // Ends the frame of a parser that took SockJS's `o` for a command, so that CONNECTED is read as a frame of its own.
    preamble: '\n\n\0',
    sniff: isStomp,
    // The version is CONNECT's to choose, whatever the subprotocol says.
    create: () => createStompCodec(codec),
  };
}

/** Whether a chunk begins with a line end (a heart-beat) or with a command, which may be cut. */
function isStomp(chunk: string | Uint8Array): boolean {
  const start = chunk.slice(0, COMMAND_CHARS + 2);
  const text = typeof start === 'string' ? start : String.fromCharCode(...start);
  if (text[0] === '\n' || text[0] === '\r') return true;
  const line = /^([A-Z]+)(\r?\n|\r?$)/.exec(text);
  if (!line) return false;
  return line[2]?.endsWith('\n') ? COMMANDS.includes(line[1]!) : COMMANDS.some((each) => each.startsWith(line[1]!));
}
