import fc from 'fast-check';
import { expect, test } from 'vitest';
import { connected, joined, messageEvent, ready, stompClient, stored } from '../../fixture/stomp-client.ts';

const destination = fc.constantFrom(
  '/topic/chat/r1',
  '/topic/couple/r1/read',
  '/topic/chat/r2/participants',
  '/sub/channel/entry',
  '/sub/channel/r1',
  '/user/queue/errors',
  '/app/chat/r1',
  '/pub/chat',
  '/nowhere',
  '',
);
const frame = fc
  .record({
    command: fc.constantFrom(
      'CONNECT',
      'SUBSCRIBE',
      'UNSUBSCRIBE',
      'SEND',
      'ACK',
      'BEGIN',
      'DISCONNECT',
      'STOMP',
      'NO',
    ),
    destination,
    id: fc.constantFrom('0', '1', '2', ''),
    after: fc.constantFrom(undefined, '3', 'x'),
    receipt: fc.option(fc.string({ minLength: 1, maxLength: 3 }), { nil: undefined }),
    body: fc.oneof(fc.constant(''), fc.constant('{"content":"a"}'), fc.string({ maxLength: 20 })),
  })
  .map(({ command, body, ...headers }) => {
    const lines = Object.entries(headers).map(([name, value]) => (value === undefined ? '' : `${name}:${value}\n`));
    return `${command}\n${lines.join('')}\n${command === 'SEND' ? body : ''}\0`;
  });
const chunk = fc.oneof(
  { weight: 5, arbitrary: frame },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 30 }) },
  { weight: 1, arbitrary: fc.constant('\n') },
);

test('whatever a client sends: nothing is thrown, and after an ERROR nothing follows', () => {
  fc.assert(
    fc.property(
      fc.boolean(),
      fc.array(chunk, { maxLength: 30 }),
      fc.infiniteStream(fc.nat(3)),
      (early, chunks, dice) => {
        const client = early ? stompClient() : connected();
        if (early) client.event(ready);
        let over = false;
        const texts = (list: readonly string[]) => {
          if (over) expect(list).toEqual([]);
          over ||= list.some((text) => text.startsWith('ERROR\n'));
          for (const text of list) expect(text).toMatch(/^[A-Z]+\n[\s\S]*\0$/);
        };
        for (const each of chunks) {
          for (const step of client.codec.receive(each)) {
            expect(over).toBe(false);
            if (step.kind === 'reply') texts([step.text]);
            if (step.kind === 'close') {
              texts(step.texts ?? []);
              over = true;
            }
            if (step.kind !== 'command' || dice.next().value === 0) continue;
            const { command } = step;
            if (command.type === 'join') texts(client.codec.render(joined(command, { messages: [stored(4)] })).texts);
            else if (command.type === 'auth') texts(client.codec.render(ready).texts);
            else texts(client.codec.render({ type: 'ok', ref: command.ref }).texts);
          }
          texts(client.codec.render(messageEvent(5)).texts);
          client.codec.renderKey('r1');
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

test('after DISCONNECT has closed, nothing of a room follows', () => {
  const client = connected();
  const [join] = client.frame('SUBSCRIBE', { id: '0', destination: '/topic/chat/r1' }).commands;
  client.event(joined(join!));
  expect(client.event(messageEvent(5)).frames).toHaveLength(1);
  expect(client.frame('DISCONNECT').close).toMatchObject({ code: 1000 });
  expect(client.event(messageEvent(6)).frames).toEqual([]);
});

test('a codec that was cut off by garbage says so once and closes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 50 }), (text) => {
      const client = connected();
      const { steps } = client.raw(`${text}\0\0`);
      const closes = steps.filter((step) => step.kind === 'close');
      expect(closes).toHaveLength(1);
      expect(steps.at(-1)).toBe(closes[0]);
      expect(client.raw('SEND\ndestination:/app/chat/r1\n\na\0').steps).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

test('codecs with equal keys render equal texts', () => {
  const subscriptions = fc.array(fc.tuple(fc.constantFrom('0', '1', '2'), destination), { maxLength: 6 });
  const run = (list: [string, string][]) => {
    const client = connected();
    client.frame('SUBSCRIBE', { id: 'e', destination: '/user/queue/errors' });
    for (const [id, to] of list) {
      if (client.frame('UNSUBSCRIBE', { id }).close) break;
      for (const command of client.frame('SUBSCRIBE', { id, destination: to }).commands) {
        client.event(joined(command));
      }
    }
    return { key: client.codec.renderKey('r1'), texts: client.codec.render(messageEvent(5)).texts };
  };
  fc.assert(
    fc.property(subscriptions, subscriptions, (a, b) => {
      const [one, other] = [run(a), run(b)];
      if (one.key === other.key) expect(other.texts).toEqual(one.texts);
      else expect(other.key).not.toBe(one.key);
    }),
    { numRuns: 500 },
  );
});
