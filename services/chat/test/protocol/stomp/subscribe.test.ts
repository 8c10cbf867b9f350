import { errorEvent } from '@gongu/shared';
import { describe, expect, test } from 'vitest';
import { connected, joined, messageEvent, room, stored, subscribed } from '../../fixture/stomp-client.ts';

const commands = (frames: readonly { command: string }[]) => frames.map((frame) => frame.command);

describe('SUBSCRIBE', () => {
  test('joins the room without asking for a backlog, and its receipt follows the join', () => {
    const client = connected();
    const told = client.frame('SUBSCRIBE', { id: 'sub-0', destination: '/topic/chat/r1', receipt: 'r-1' });
    expect(told.commands).toEqual([{ type: 'join', ref: 's1', roomId: 'r1', after: Number.MAX_SAFE_INTEGER }]);
    expect(told.frames).toEqual([]);
    expect(told.steps[0]).toEqual({
      kind: 'note',
      note: 'stomp.subscribe',
      fields: { destination: '/topic/chat/r1', roomId: 'r1' },
    });
    const answer = client.event(joined(told.commands[0], { messages: [stored(9)] }));
    expect(answer.frames).toEqual([{ command: 'RECEIPT', headers: { 'receipt-id': 'r-1' }, body: '' }]);
  });

  test('the 51st to one room is refused: each gets every message; another room still has its own', () => {
    const client = connected();
    subscribed(client, 'errors', '/user/queue/errors');
    const topics = ['/topic/chat/r1', '/sub/channel/r1', '/topic/chat/r1/read'];
    for (let i = 0; i < 50; i++) subscribed(client, `s${i}`, topics[i % 3]!);
    const told = client.frame('SUBSCRIBE', { id: 's50', destination: '/topic/couple/r1' });
    expect(told.frames.map((frame) => JSON.parse(frame.body).code)).toEqual(['TOO_LARGE']);
    const again = client.frame('SUBSCRIBE', { id: 's0', destination: topics[0]!, receipt: 'again' });
    expect([again.close, again.frames.map((frame) => frame.command)]).toEqual([null, ['RECEIPT']]);
    expect(client.frame('SUBSCRIBE', { id: 'other', destination: '/topic/chat/r2' }).commands).toHaveLength(1);
    client.frame('UNSUBSCRIBE', { id: 's1' });
    expect(
      client.frame('SUBSCRIBE', { id: 's51', destination: '/topic/couple/r1', receipt: 'r' }).frames,
    ).toMatchObject([{ command: 'RECEIPT' }]);
  });

  test('the destinations of one room share one join', () => {
    const client = connected();
    const first = client.frame('SUBSCRIBE', { id: '0', destination: '/topic/couple/r1', receipt: 'a' });
    const others = ['read', 'typing'].map((topic, i) =>
      client.frame('SUBSCRIBE', { id: `${i + 1}`, destination: `/topic/couple/r1/${topic}`, receipt: `b${i}` }),
    );
    expect(others.flatMap((each) => [...each.commands, ...each.frames])).toEqual([]);
    const receipts = client.event(joined(first.commands[0])).frames.map((frame) => frame.headers['receipt-id']);
    expect(receipts).toEqual(['a', 'b0', 'b1']);
    const later = client.frame('SUBSCRIBE', { id: '9', destination: '/sub/channel/r1', receipt: 'c' });
    expect(later.commands).toEqual([]);
    expect(later.frames).toMatchObject([{ command: 'RECEIPT', headers: { 'receipt-id': 'c' } }]);
  });

  test('with the header after, what was missed comes first and says so, then the receipt', () => {
    const client = connected();
    const told = client.frame('SUBSCRIBE', { id: '0', destination: '/topic/chat/r1', after: '7', receipt: 'r' });
    expect(told.commands).toMatchObject([{ type: 'join', after: 7 }]);
    const { frames } = client.event(joined(told.commands[0], { messages: [stored(8), stored(9)], recovered: true }));
    expect(frames.map(({ command, headers }) => [command, headers.seq, headers.recovered])).toEqual([
      ['MESSAGE', '8', 'true'],
      ['MESSAGE', '9', 'true'],
      ['RECEIPT', undefined, undefined],
    ]);
  });

  test('what a recovery has no room for follows to who asked and to nobody else, then the receipt, told again if need be', () => {
    const client = connected();
    subscribed(client, 'live', '/topic/chat/r1');
    const told = client.frame('SUBSCRIBE', { id: '0', destination: '/topic/chat/r1', after: '6', receipt: 'r' });
    const first = client.event(joined(told.commands[0], { messages: [stored(7)], lastSeq: 7 }));
    const shown = ({ frames }: typeof first) =>
      frames.map(({ command, headers }) => [command, headers.subscription ?? headers['receipt-id'], headers.recovered]);
    expect(shown(first)).toEqual([['MESSAGE', '0', 'true']]);
    // A portion that found the queue full is rendered once more.
    for (let again = 0; again < 2; again++) {
      expect(shown(client.event(messageEvent(8)))).toEqual([['MESSAGE', '0', 'true']]);
      expect(shown(client.event(messageEvent(9)))).toEqual([
        ['MESSAGE', '0', 'true'],
        ['RECEIPT', 'r', undefined],
      ]);
    }
    expect(shown(client.event(messageEvent(10)))).toEqual([
      ['MESSAGE', 'live', undefined],
      ['MESSAGE', '0', undefined],
    ]);
  });

  test('and is owed its receipt also where the subscription was taken back meanwhile', () => {
    const client = connected();
    subscribed(client, 'live', '/topic/chat/r1');
    const told = client.frame('SUBSCRIBE', { id: '0', destination: '/topic/chat/r1', after: '7', receipt: 'r' });
    client.event(joined(told.commands[0], { messages: [stored(8)], lastSeq: 8 }));
    client.frame('UNSUBSCRIBE', { id: '0' });
    expect(client.event(messageEvent(9)).frames).toMatchObject([{ command: 'RECEIPT' }]);
    expect(client.event(messageEvent(10)).frames).toMatchObject([{ headers: { subscription: 'live' } }]);
  });

  test('too far behind, the newest messages come and say that there are gaps', () => {
    const client = connected();
    const told = client.frame('SUBSCRIBE', { id: '0', destination: '/topic/chat/r1', after: '0' });
    const { frames } = client.event(
      joined(told.commands[0], { messages: [stored(9)], recovered: false, hasMore: true }),
    );
    expect(frames).toMatchObject([{ headers: { seq: '9', recovered: 'false' } }]);
  });

  test('a subscription that recovers is not live before its join: nothing overtakes what it missed', () => {
    const client = connected();
    subscribed(client, 'read', '/topic/chat/r1/read');
    const told = client.frame('SUBSCRIBE', { id: '0', destination: '/topic/chat/r1', after: '5' });
    expect(client.event(messageEvent(9)).frames).toEqual([]);
    expect(client.event(joined(told.commands[0], { messages: [stored(9)] })).frames).toHaveLength(1);
    expect(client.event(messageEvent(10)).frames).toHaveLength(1);
  });

  test('the same SUBSCRIBE again recovers and stays one subscription', () => {
    const client = connected();
    subscribed(client, '0', '/topic/chat/r1');
    const told = client.frame('SUBSCRIBE', { id: '0', destination: '/topic/chat/r1', after: '8' });
    client.event(joined(told.commands[0], { messages: [stored(9)] }));
    expect(client.event(messageEvent(10)).frames).toHaveLength(1);
  });

  test('participants and status show the present state at once', () => {
    const client = connected();
    const first = client.frame('SUBSCRIBE', { id: 'p', destination: '/topic/chat/r1/participants' });
    expect(client.event(joined(first.commands[0])).frames).toMatchObject([
      {
        headers: { subscription: 'p', destination: '/topic/chat/r1/participants' },
        body: '{"roomId":"r1","participantCount":2,"onlineCount":1}',
      },
    ]);
    const second = client.frame('SUBSCRIBE', { id: 's', destination: '/topic/chat/r1/status' });
    const { frames } = client.event(joined(second.commands[0]));
    expect(frames.map((frame) => JSON.parse(frame.body))).toEqual([room()]);
  });

  test('the count of connections is no room: it is watched', () => {
    const client = connected();
    const told = client.frame('SUBSCRIBE', { id: 'n', destination: '/sub/channel/entry', receipt: 'r' });
    expect(told.steps.map((step) => step.kind)).toEqual(['note', 'watch', 'reply']);
    expect(client.event({ type: 'connections', count: 7 }).frames).toMatchObject([
      { headers: { subscription: 'n', destination: '/sub/channel/entry' }, body: '{"count":7}' },
    ]);
    expect(client.frame('UNSUBSCRIBE', { id: 'n' }).steps).toContainEqual({ kind: 'watch', on: false });
    expect(client.event({ type: 'connections', count: 8 }).frames).toEqual([]);
  });

  test.each([
    ['without destination', { id: '0' }],
    ['without id', { destination: '/topic/chat/r1' }],
    ['with an unknown ack mode', { id: '0', destination: '/topic/chat/r1', ack: 'maybe' }],
    ['with an endless id', { id: 'x'.repeat(256), destination: '/topic/chat/r1' }],
  ])('%s is an ERROR and the close', (_, headers) => {
    const { frames, close } = connected().frame('SUBSCRIBE', { ...headers, receipt: 'r' });
    expect(frames).toMatchObject([{ command: 'ERROR', headers: { message: 'BAD_FRAME', 'receipt-id': 'r' } }]);
    expect(close?.code).toBe(4500);
  });

  test('an id in use for another destination is an ERROR and the close', () => {
    const client = connected();
    subscribed(client, '0', '/topic/chat/r1');
    expect(client.frame('SUBSCRIBE', { id: '0', destination: '/topic/chat/r2' }).close?.code).toBe(4500);
  });

  test.each(['auto', 'client', 'client-individual'])('ack mode %s is accepted', (ack) => {
    const { commands: asked } = connected().frame('SUBSCRIBE', { id: '0', destination: '/topic/chat/r1', ack });
    expect(asked).toHaveLength(1);
  });

  test('a client has so many subscriptions and no more', () => {
    const client = connected({ limits: { subscriptions: 2 } });
    client.frame('SUBSCRIBE', { id: 'e', destination: '/user/queue/errors' });
    subscribed(client, '1', '/topic/chat/r1');
    const { frames, close } = client.frame('SUBSCRIBE', { id: '2', destination: '/topic/chat/r2' });
    expect(JSON.parse(frames[0]!.body)).toMatchObject({ code: 'TOO_LARGE' });
    expect(close).toBeNull();
  });
});

describe('UNSUBSCRIBE', () => {
  test('leaves the room with its last subscription', () => {
    const client = connected();
    subscribed(client, '0', '/topic/chat/r1');
    subscribed(client, '1', '/topic/chat/r1/read');
    const first = client.frame('UNSUBSCRIBE', { id: '0', receipt: 'a' });
    expect(first.commands).toEqual([]);
    expect(commands(first.frames)).toEqual(['RECEIPT']);
    expect(client.event(messageEvent(10)).frames).toEqual([]);
    const last = client.frame('UNSUBSCRIBE', { id: '1', receipt: 'b' });
    expect(last.commands).toMatchObject([{ type: 'unsubscribe', roomId: 'r1' }]);
    expect(last.frames).toEqual([]);
    const { frames } = client.event({ type: 'ok', ref: last.commands[0]!.ref });
    expect(frames).toMatchObject([{ command: 'RECEIPT', headers: { 'receipt-id': 'b' } }]);
  });

  test('while the join is on its way, ends the subscription, and both receipts are given', () => {
    const client = connected();
    const [join] = client.frame('SUBSCRIBE', { id: '0', destination: '/topic/chat/r1', receipt: 'a' }).commands;
    const [leave] = client.frame('UNSUBSCRIBE', { id: '0', receipt: 'b' }).commands;
    const again = client.frame('SUBSCRIBE', { id: '0', destination: '/topic/chat/r1', receipt: 'c' });
    expect(again.commands).toMatchObject([{ type: 'join' }]);
    expect(client.event(joined(join, { messages: [stored(9)] })).frames[0]!.headers['receipt-id']).toBe('a');
    expect(client.event(messageEvent(10)).frames).toEqual([]);
    expect(client.event({ type: 'ok', ref: leave!.ref }).frames[0]!.headers['receipt-id']).toBe('b');
    expect(client.event(joined(again.commands[0])).frames[0]!.headers['receipt-id']).toBe('c');
    expect(client.event(messageEvent(11)).frames).toHaveLength(1);
  });

  test('of an id that is not there is no error: its SUBSCRIBE may have been refused', () => {
    const told = connected().frame('UNSUBSCRIBE', { id: 'x', receipt: 'a' });
    expect(commands(told.frames)).toEqual(['RECEIPT']);
    expect(told.close).toBeNull();
  });

  test('needs the id in 1.1 and 1.2; in 1.0 the destination does', () => {
    expect(connected().frame('UNSUBSCRIBE', { destination: '/topic/chat/r1' }).close?.code).toBe(4500);
    const client = connected({ version: '1.0' });
    const [join] = client.frame('SUBSCRIBE', { destination: '/topic/chat/r1' }).commands;
    client.event(joined(join));
    const { frames } = client.event(messageEvent(10));
    expect(frames[0]!.headers.subscription).toBeUndefined();
    expect(client.frame('UNSUBSCRIBE', { destination: '/topic/chat/r1' }).commands).toMatchObject([
      { type: 'unsubscribe', roomId: 'r1' },
    ]);
    expect(client.event(messageEvent(11)).frames).toEqual([]);
    expect(client.frame('UNSUBSCRIBE').close?.code).toBe(4500);
  });
});

describe('a refused join', () => {
  const refusal = (ref: string | undefined) => errorEvent('ROOM_FULL', 'The room is full', { ref, roomId: 'r1' });

  test('is an ERROR with the receipt and the close, where nothing listens for errors', () => {
    const client = connected();
    const [join] = client.frame('SUBSCRIBE', { id: '0', destination: '/topic/chat/r1', receipt: 'r' }).commands;
    const { frames, close } = client.event(refusal(join!.ref));
    expect(frames).toEqual([
      {
        command: 'ERROR',
        headers: { message: 'ROOM_FULL', 'receipt-id': 'r', 'content-type': 'text/plain', 'content-length': '16' },
        body: 'The room is full',
      },
    ]);
    expect(close).toEqual({ code: 4500, reason: 'ROOM_FULL' });
    expect(client.frame('SEND', { destination: '/app/chat/r1' }, 'x').steps).toEqual([]);
  });

  test('is a MESSAGE for every SUBSCRIBE that waited, where the client listens, and leaves no subscription', () => {
    const client = connected();
    client.frame('SUBSCRIBE', { id: 'e', destination: '/user/queue/errors' });
    const [join] = client.frame('SUBSCRIBE', { id: '0', destination: '/topic/chat/r1', receipt: 'a' }).commands;
    client.frame('SUBSCRIBE', { id: '1', destination: '/topic/chat/r1/read', receipt: 'b' });
    const { frames, close } = client.event(refusal(join!.ref));
    expect(close).toBeUndefined();
    expect(frames.map(({ headers }) => [headers.subscription, headers['receipt-id']])).toEqual([
      ['e', 'a'],
      ['e', 'b'],
    ]);
    expect(JSON.parse(frames[0]!.body)).toMatchObject({ code: 'ROOM_FULL', status: 409, detail: 'The room is full' });
    expect(client.event(messageEvent(10)).frames).toEqual([]);
    expect(client.frame('SUBSCRIBE', { id: '0', destination: '/topic/chat/r1' }).commands).toHaveLength(1);
  });

  test('a refused recovery leaves a subscription that was live as it was', () => {
    const client = connected();
    client.frame('SUBSCRIBE', { id: 'e', destination: '/user/queue/errors' });
    subscribed(client, '0', '/topic/chat/r1');
    const [join] = client.frame('SUBSCRIBE', { id: '0', destination: '/topic/chat/r1', after: '3' }).commands;
    client.event(errorEvent('UNAVAILABLE', 'later', { ref: join!.ref, roomId: 'r1' }));
    expect(client.event(messageEvent(10)).frames).toHaveLength(1);
  });
});

test('a socket that stopped listening to a room joins it again for the next SUBSCRIBE', () => {
  const client = connected();
  subscribed(client, '0', '/topic/chat/r1');
  client.codec.ended?.('r1', 'left');
  const told = client.frame('SUBSCRIBE', { id: '1', destination: '/topic/chat/r1/read' });
  expect(told.commands).toMatchObject([{ type: 'join', roomId: 'r1' }]);
});
