import {
  AppError,
  CLOSE,
  ERRORS,
  type EventOf,
  type Message,
  type PublicUser,
  problemOf,
  type Room,
} from '@gongu/shared';
import type { JoinedEvent, SummaryMap } from '../../room/event.ts';
import type { Source } from './destination.ts';
import { escapeHeader, headerLine, type StompVersion, stompText } from './frame.ts';

/** What a MESSAGE says about the subscription it is for. */
export interface Addressed {
  /** Null: the client named none (1.0), and none is sent. */
  readonly id: string | null;
  /** The destination subscribed to, as the client wrote it. */
  readonly destination: string;
  readonly source: Source;
  /** The client will acknowledge, and does so by the header `ack` (1.2). */
  readonly acked: boolean;
}

/** Renders for one version. Equal arguments give equal texts, so a rendering serves every client with the same subscription. */
export function createStompRender(version: StompVersion) {
  const line = (name: string, value: string) => headerLine(name, value, version);

  function message(to: Addressed, id: string, headers: string, json: string): string {
    const subscription = to.id === null ? '' : line('subscription', to.id);
    const ack = to.acked && version === '1.2' ? line('ack', `${to.id}:${id}`) : '';
    return (
      `MESSAGE\n${subscription}${line('destination', to.destination)}message-id:${escapeHeader(id, version)}\n${ack}` +
      `${headers}content-type:application/json\ncontent-length:${Buffer.byteLength(json)}\n\n${json}\0`
    );
  }

  return {
    /** A chat message. `of`: of one that is not live, whether all that was missed is there, and the room's epoch. */
    chat(to: Addressed, event: Message, json: string, of?: Pick<JoinedEvent, 'recovered' | 'epoch'>): string {
      const headers = `seq:${event.seq}\n${of ? `recovered:${of.recovered}\nepoch:${of.epoch}\n` : ''}`;
      return message(to, event.messageId, headers, json);
    },
    read(to: Addressed, { roomId, userId, seq }: { roomId: string; userId: string; seq: number }): string {
      return message(to, `${roomId}:read:${userId}:${seq}`, '', JSON.stringify({ roomId, userId, seq }));
    },
    typing(to: Addressed, { roomId, user, typing }: { roomId: string; user: PublicUser; typing: boolean }): string {
      return message(to, `${roomId}:typing:${user.userId}:${typing}`, '', JSON.stringify({ roomId, user, typing }));
    },
    participants(to: Addressed, { roomId, participantCount, onlineCount }: SummaryMap['participants']): string {
      const json = JSON.stringify({ roomId, participantCount, onlineCount });
      return message(to, `${roomId}:participants`, '', json);
    },
    status(to: Addressed, room: Room): string {
      return message(to, `${room.roomId}:status:${room.lastSeq}`, '', JSON.stringify(room));
    },
    connections(to: Addressed, count: number): string {
      return message(to, 'connections', '', JSON.stringify({ count }));
    },
    /** An error of one's own. `receipt`: of the frame that it answers. */
    problem(to: Addressed, id: number, event: EventOf<'error'>, receipt: string | null): string {
      const headers = receipt === null ? '' : line('receipt-id', receipt);
      return message(to, `error:${id}`, headers, JSON.stringify(problemOf(errorOf(event))));
    },
    receipt: (receipt: string) => stompText('RECEIPT', [['receipt-id', receipt]], '', version),
  };
}

export type StompRender = ReturnType<typeof createStompRender>;

function errorOf({ code, message, errors, retryAfterMs }: EventOf<'error'>): AppError {
  return new AppError(code, { detail: message, errors, retryAfterMs });
}

/** An ERROR frame: the code as `message`, and what exactly is wrong as body. The socket must be closed after it. */
export function errorFrame(
  version: StompVersion | null,
  error: Pick<EventOf<'error'>, 'code' | 'message' | 'errors'>,
  headers: { receipt?: string | null; version?: string },
): string {
  const { receipt, version: spoken } = headers;
  const fields = error.errors.map(({ path, message }) => `\n${path === '' ? 'body' : path}: ${message}`).join('');
  return stompText(
    'ERROR',
    [
      ['message', error.code],
      ...(spoken === undefined ? [] : [['version', spoken] as const]),
      ...(receipt == null ? [] : [['receipt-id', receipt] as const]),
      ['content-type', 'text/plain'],
    ],
    error.message + fields,
    version ?? '1.0',
  );
}

/**
 * The close that follows an ERROR frame. 4503 and 4504 speak of the one room of a URL; a STOMP socket has many, so
 * there they become 4500.
 */
export function closeOf(code: EventOf<'error'>['code']): { code: number; reason: string } {
  const { close } = ERRORS[code];
  const ofRoom = close === CLOSE.removed || close === CLOSE.noSuchRoom;
  return { code: ofRoom ? CLOSE.badFrame : close, reason: code };
}

/** CONNECTED, the answer to CONNECT. */
export function connectedFrame(
  version: StompVersion,
  ready: EventOf<'ready'>,
  offer: { sendMs: number; expectMs: number },
  server: string,
): string {
  return stompText(
    'CONNECTED',
    [
      ['version', version],
      ...(version === '1.0' ? [] : [['heart-beat', `${offer.sendMs},${offer.expectMs}`] as const]),
      ['session', ready.connectionId],
      ['server', server],
      ['user-name', ready.user.userId],
    ],
    '',
    version,
  );
}
