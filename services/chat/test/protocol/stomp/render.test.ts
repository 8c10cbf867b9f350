import { errorEvent } from '@gongu/shared';
import { describe, expect, test } from 'vitest';
import { ann, connected, joined, message, messageEvent, room, subscribed } from '../../fixture/stomp-client.ts';

describe('MESSAGE', () => {
  test('carries the message object, and where and what it is in its headers', () => {
    const client = connected();
    subscribed(client, 'sub-0', '/topic/chat/r1');
    const body = JSON.stringify(message(10));
    expect(client.event(messageEvent(10)).frames).toEqual([
      {
        command: 'MESSAGE',
        headers: {
          subscription: 'sub-0',
          destination: '/topic/chat/r1',
          'message-id': 'r1:10',
          seq: '10',
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(body)),
        },
        body,
      },
    ]);
  });

  test('its bytes are what the specification says, escapes included', () => {
    const client = connected();
    subscribed(client, 'a\\cb', '/topic/chat/r1');
    expect(client.codec.render(messageEvent(10)).texts[0]).toMatch(
      /^MESSAGE\nsubscription:a\\cb\ndestination:\/topic\/chat\/r1\nmessage-id:r1\\c10\nseq:10\ncontent-type:application\/json\ncontent-length:\d+\n\n\{.*\}\0$/s,
    );
  });

  test('there is one for each subscription, with the destination it was subscribed to', () => {
    const client = connected();
    subscribed(client, '1', '/topic/chat/r1');
    subscribed(client, '2', '/sub/channel/r1');
    subscribed(client, '3', '/topic/chat/r2');
    expect(
      client.event(messageEvent(10)).frames.map(({ headers }) => [headers.subscription, headers.destination]),
    ).toEqual([
      ['1', '/topic/chat/r1'],
      ['2', '/sub/channel/r1'],
    ]);
  });

  test('an ack mode shows in the header ack of 1.2', () => {
    const headers = { id: '1', destination: '/topic/chat/r1', ack: 'client-individual' };
    for (const [version, expected] of [
      ['1.2', '1:r1:10'],
      ['1.1', undefined],
    ] as const) {
      const client = connected({ version });
      client.event(joined(client.frame('SUBSCRIBE', headers).commands[0]));
      expect(client.event(messageEvent(10)).frames[0]!.headers.ack).toBe(expected);
    }
  });

  test('read marks, typing, participants, status go to those who subscribed to them', () => {
    const client = connected();
    for (const topic of ['read', 'typing', 'participants', 'status'])
      subscribed(client, topic, `/topic/couple/r1/${topic}`);
    const shown = [
      client.event({ type: 'read', roomId: 'r1', userId: 'bob', seq: 4 }),
      client.event({ type: 'typing', roomId: 'r1', user: ann, typing: true }),
      client.event({ type: 'participants', roomId: 'r1', participantCount: 3, onlineCount: 2 }),
      client.event({ type: 'status', roomId: 'r1', room: room() }),
    ].map(({ frames }) => frames.map(({ headers, body }) => [headers.subscription, JSON.parse(body)]));
    expect(shown).toEqual([
      [['read', { roomId: 'r1', userId: 'bob', seq: 4 }]],
      [['typing', { roomId: 'r1', user: ann, typing: true }]],
      [['participants', { roomId: 'r1', participantCount: 3, onlineCount: 2 }]],
      [['status', room()]],
    ]);
    expect(client.event(messageEvent(10)).frames).toEqual([]);
  });

  test('what STOMP has no words for is not said', () => {
    const client = connected();
    subscribed(client, '1', '/topic/chat/r1');
    for (const event of [
      { type: 'head', roomId: 'r1', seq: 9 },
      { type: 'presence', roomId: 'r1', userId: 'bob', online: true, onlineCount: 2 },
      { type: 'reconnect', afterMs: 5 },
      { type: 'token.expiring', expiresAt: '' },
      { type: 'resync', roomId: 'r1', afterSeq: 5 },
      { type: 'pong', serverTime: '' },
    ] as const) {
      expect(client.event(event).frames).toEqual([]);
    }
    expect(client.codec.resyncs).toBe(false);
  });
});

describe('renderKey', () => {
  const keyAfter = (subscribe: (client: ReturnType<typeof connected>) => void, options = {}) => {
    const client = connected(options);
    subscribe(client);
    return { key: client.codec.renderKey('r1'), texts: client.codec.render(messageEvent(10)).texts };
  };

  test('is equal where the bytes are', () => {
    const one = keyAfter((client) => subscribed(client, '1', '/topic/chat/r1'));
    const other = keyAfter((client) => {
      subscribed(client, '9', '/topic/chat/r9');
      subscribed(client, '2', '/topic/chat/r1/read');
      client.frame('UNSUBSCRIBE', { id: '2' });
      subscribed(client, '1', '/topic/chat/r1');
      client.frame('SUBSCRIBE', { id: 'e', destination: '/user/queue/errors' });
    });
    expect(other).toEqual(one);
  });

  test.each<[string, (client: ReturnType<typeof connected>) => void, object?]>([
    ['another id', (client) => subscribed(client, '2', '/topic/chat/r1')],
    ['another destination', (client) => subscribed(client, '1', '/topic/couple/r1')],
    ['another version', (client) => subscribed(client, '1', '/topic/chat/r1'), { version: '1.1' }],
    [
      'an ack mode',
      (client) =>
        client.event(
          joined(client.frame('SUBSCRIBE', { id: '1', destination: '/topic/chat/r1', ack: 'client' }).commands[0]),
        ),
    ],
    [
      'one subscription more',
      (client) => {
        subscribed(client, '1', '/topic/chat/r1');
        subscribed(client, '2', '/sub/channel/r1');
      },
    ],
    ['none', () => {}],
  ])('differs for %s', (_, subscribe, options) => {
    const one = keyAfter((client) => subscribed(client, '1', '/topic/chat/r1'));
    expect(keyAfter(subscribe, options).key).not.toBe(one.key);
  });

  test('is nobody’s after an ERROR, so that nothing follows it', () => {
    const client = connected();
    subscribed(client, '1', '/topic/chat/r1');
    const before = client.codec.renderKey('r1');
    client.event(errorEvent('INTERNAL', 'x'));
    expect(client.codec.renderKey('r1')).not.toBe(before);
    expect(client.event(messageEvent(10)).frames).toEqual([]);
  });

  test('of entry is that of the connections', () => {
    const client = connected();
    const before = client.codec.renderKey('entry');
    client.frame('SUBSCRIBE', { id: 'n', destination: '/sub/channel/entry' });
    expect(client.codec.renderKey('entry')).not.toBe(before);
  });
});

test('errors on the queue have ids of their own', () => {
  const client = connected();
  client.frame('SUBSCRIBE', { id: 'e', destination: '/user/queue/errors' });
  const ids = [1, 2].map(() => client.event(errorEvent('INTERNAL', 'x')).frames[0]!.headers['message-id']);
  expect(new Set(ids).size).toBe(2);
});

test('a room that was removed is told on the queue', () => {
  const client = connected();
  client.frame('SUBSCRIBE', { id: 'e', destination: '/user/queue/errors' });
  subscribed(client, '1', '/topic/chat/r1');
  const { frames, close } = client.event(errorEvent('NOT_FOUND', 'The room was removed', { roomId: 'r1' }));
  expect(JSON.parse(frames[0]!.body)).toMatchObject({ code: 'NOT_FOUND', detail: 'The room was removed' });
  expect(close).toBeUndefined();
});
