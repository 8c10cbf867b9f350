import { createCursor, isOriginAllowed, redactUrl } from '@gongu/host';
import {
  ClientRef,
  closeReason,
  commandSchemas,
  hasForbiddenCharacters,
  parseMessageId,
  RoomId,
  RoomIdInput,
  text,
  UserId,
} from '@gongu/shared';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createRoomSignalCodec } from '../src/endpoints/older-urls/room-signal.ts';
import { createRoomChatCodec, createSessionChatCodec } from '../src/endpoints/older-urls/single-room.ts';
import { storedData } from '../src/endpoints/older-urls/stored-data.ts';
import { createJsonProtocol } from '../src/protocol/json.ts';
import { connectToken, negotiateHeartbeat, negotiateVersion } from '../src/protocol/stomp/connect.ts';
import { createDestinations } from '../src/protocol/stomp/destination.ts';
import { escapeHeader, unescapeHeader } from '../src/protocol/stomp/frame.ts';
import { STOMP_FRAME_LIMITS, StompParser } from '../src/protocol/stomp/parser.ts';
import { createStompProtocol } from '../src/protocol/stomp/protocol.ts';
import { sendCommand } from '../src/protocol/stomp/send.ts';
import { presentedToken } from '../src/transport/presented-token.ts';
import { decode, quote } from '../src/transport/sockjs/frames.ts';

const KIB_64 = 65_536;
/** What grows with the square of 64 KiB takes hundreds. */
const BOUND_MS = 20;
/** Of CPU, and the best of some: a busy machine costs nobody a failure, and what is slow by itself is so each time. */
const RUNS = 25;

/** 64 KiB of `unit`, after `head` and before `tail`. */
const much = (unit: string, head = '', tail = '') =>
  head + unit.repeat(Math.ceil(KIB_64 / unit.length)).slice(0, KIB_64) + tail;

/** Of it as much as is 64 KiB once JSON has escaped each character. */
const part = (given: string) => given.slice(0, KIB_64 / 6);

/** Characters and sequences that make patterns go back and try again. */
const WORST = [
  ...[
    'a',
    ' ',
    '\t',
    '\n',
    '\r\n',
    ',',
    ', ',
    ';',
    '; ',
    '/',
    '.',
    ':',
    '=',
    '+',
    '-',
    '%',
    '&',
    '?',
    '"',
    '\\',
    '\\\\',
  ],
  ...[
    '0',
    '9',
    '1.1,',
    '[',
    '{',
    '{"a":',
    '"a",',
    '[1,',
    'eyJ',
    'eyJhbGciOiJ',
    'eyJaaaaaaaaaa.',
    'token=',
    '?token=x',
    '&ticket=',
  ],
  ...[
    'bearer.',
    'bearer., ',
    'Bearer ',
    'application/',
    '+json',
    ';JSESSIONID=',
    '::1,',
    '[::1]:1,',
    '1.2.3.4, ',
    'W/"a",',
  ],
  ...[
    '\u0000',
    '\u001f',
    '\u2028',
    '\u200c',
    '\ufeff',
    '\ud800',
    '\udc00',
    '가',
    '🍊',
    'A',
    'SEND\n',
    'a:b\n',
    '\\c',
    '\\n',
  ],
  ...['/topic/chat/', '/sub/channel/', '/entry', 'https://', 'https://*.', '1:', 'r:1', '\\u0000', '\\\\u0000'],
];

const stomp = createStompProtocol({ destinations: createDestinations() });
const json = createJsonProtocol({ contentChars: 4_000 });
const opening = { opening: { roomId: 'room', after: null, history: 0 }, contentChars: 4_000, newId: () => 'made' };
const schemas = commandSchemas(4_000);
const content = text(4_000);
const cursor = createCursor(z.tuple([z.string(), z.number()]), 'list');
const destinations = createDestinations();
const bytes = (of: string) => new TextEncoder().encode(of);
const headers = (of: Record<string, string>) => new Map(Object.entries(of));

/** The frames that a rate lets through at once, and no more: each is judged before the next one is read. */
function take<T>(found: Iterable<T>, most = 200): void {
  let count = 0;
  for (const _ of found) if (++count === most) return;
}

/** What meets a client's text, each as it is called. */
const MEETS: Record<string, (given: string) => unknown> = {
  'log: a URL': (given) => redactUrl(`/ws?q=${given}`),
  'origin of a browser': (given) => isOriginAllowed(given, ['https://shop.example']),
  'cursor of a list': (given) => {
    try {
      return cursor.decode(given);
    } catch {
      return null;
    }
  },
  'cursor that is base64 of it': (given) => {
    try {
      return cursor.decode(Buffer.from(given).toString('base64url'));
    } catch {
      return null;
    }
  },
  'id of a room': (given) => [RoomId.safeParse(given), RoomIdInput.safeParse(given)],
  'id of a user': (given) => UserId.safeParse(given),
  'reference of a client': (given) => ClientRef.safeParse(given),
  'id of a message': (given) => [parseMessageId(given), parseMessageId(`room:${given}`), parseMessageId(`${given}:1`)],
  'content of a message': (given) => content.safeParse(given),
  'characters that nobody stores': (given) => hasForbiddenCharacters(given),
  'reason of a close': (given) => closeReason(given),
  'subprotocols of an upgrade': (given) => presentedToken({ 'sec-websocket-protocol': given }, new URLSearchParams()),
  'header Authorization': (given) => presentedToken({ authorization: given }, new URLSearchParams()),
  'header Authorization after Bearer': (given) =>
    presentedToken({ authorization: `Bearer ${given}` }, new URLSearchParams()),
  'token of a query': (given) => presentedToken({}, new URLSearchParams({ token: given })),
  'frame of gongu.v1': (given) => [...json.create({ subprotocol: null }).receive(given)],
  'frame of gongu.v1 in bytes': (given) => [...json.create({ subprotocol: null }).receive(bytes(given))],
  'text in a frame of gongu.v1': (given) => [
    ...json
      .create({ subprotocol: null })
      .receive(JSON.stringify({ type: 'send', ref: 'r', roomId: 'room', clientMessageId: 'c', content: part(given) })),
  ],
  'type of a frame of gongu.v1': (given) => [
    ...json.create({ subprotocol: null }).receive(JSON.stringify({ type: part(given) })),
  ],
  'frame of /room': (given) => [...createRoomSignalCodec(opening).receive(given)],
  'data of /room': (given) => [
    ...createRoomSignalCodec(opening).receive(JSON.stringify({ type: 'x', receiver: 'bob', data: part(given) })),
  ],
  'data of /room to all': (given) => storedData([part(given)], 4_000),
  'frame of /chat/{roomId}': (given) => [
    ...createRoomChatCodec(opening).receive(JSON.stringify({ content: part(given) })),
  ],
  'frame of /ws/chat?sessionId': (given) => [
    ...createSessionChatCodec(opening).receive(JSON.stringify({ type: 'message', content: part(given) })),
  ],
  'first frame of a socket': (given) => [stomp.sniff(given), json.sniff(given), stomp.sniff(bytes(given))],
  'SockJS array of a client': (given) => [decode(given), decode(JSON.stringify([part(given)]))],
  'text on its way to SockJS': (given) => quote(part(given)),
  'STOMP frames': (given) => take(new StompParser(STOMP_FRAME_LIMITS).read(given)),
  'STOMP frames in bytes': (given) => take(new StompParser(STOMP_FRAME_LIMITS).read(bytes(given))),
  'STOMP headers': (given) =>
    take(new StompParser({ ...STOMP_FRAME_LIMITS, headerBytes: KIB_64 * 2 }).read(`SEND\n${given}\n\n\0`)),
  'a STOMP header': (given) =>
    take(new StompParser({ ...STOMP_FRAME_LIMITS, headerBytes: KIB_64 * 4 }).read(`SEND\na:${given}\n\n\0`)),
  'escapes of a STOMP header': (given) => unescapeHeader(given, '1.2'),
  'a STOMP header on its way': (given) => escapeHeader(given, '1.2'),
  'STOMP body': (given) => take(new StompParser(STOMP_FRAME_LIMITS).read(`SEND\ndestination:/x\n\n${given}\0`)),
  'STOMP content-length': (given) =>
    take(
      new StompParser({ ...STOMP_FRAME_LIMITS, headerBytes: KIB_64 * 4 }).read(`SEND\ncontent-length:${given}\n\n\0`),
    ),
  'STOMP versions': (given) => negotiateVersion(given),
  'STOMP heart-beat': (given) => [
    negotiateHeartbeat(given, { sendMs: 1, expectMs: 1 }),
    negotiateHeartbeat(`1,${given}`, { sendMs: 1, expectMs: 1 }),
  ],
  'STOMP token': (given) => [
    connectToken(headers({ Authorization: given }), false),
    connectToken(headers({ passcode: `Bearer ${given}` }), true),
  ],
  'STOMP destination': (given) => [
    destinations.source(given),
    destinations.sink(given),
    destinations.source(`/topic/chat/${given}`),
    destinations.sink(`/app/chat/${given}`),
  ],
  'STOMP message and its content-type': (given) =>
    sendCommand(
      { command: 'SEND', headers: headers({ 'content-type': `application/${given}` }), body: bytes(given) },
      { kind: 'send', roomId: 'room' },
      's1',
      { schemas, lobbyRoomId: null, newId: () => 'made' },
    ),
};

describe('64 KiB of the worst that a client can send', () => {
  it.each(Object.keys(MEETS))('costs less than 20 ms: %s', (what) => {
    const meet = MEETS[what]!;
    const slow: string[] = [];
    for (const unit of WORST) {
      for (const given of [much(unit), much(unit, '', '!'), much(unit, 'x')]) {
        let best = Number.POSITIVE_INFINITY;
        for (let run = 0; run < RUNS && best >= BOUND_MS; run++) {
          const before = process.cpuUsage();
          meet(given);
          const { user, system } = process.cpuUsage(before);
          best = Math.min(best, (user + system) / 1_000);
        }
        if (best >= BOUND_MS) slow.push(`${JSON.stringify(unit)}: ${Math.round(best * 10) / 10} ms`);
      }
    }
    expect(slow).toEqual([]);
  });
});
