import { expect, test } from 'vitest';
import { connected, unconnected } from './fixture/connected.ts';

const BOTH = ['websocket', 'sse'];

test('a WebSocket that does not open is followed by a try of the other transport', async () => {
  const { connection, clock, carriers, state } = unconnected({ transports: BOTH });
  const [socket, stream] = carriers;
  connection.start();
  await clock.advance(0);
  socket!.last().ends(1006);
  await clock.advance(500);
  expect(stream!.channels).toHaveLength(1);
  stream!.last().ready();
  expect(state()).toMatchObject({ status: 'ready', transport: 'sse' });
});

test('where neither opens, they take turns', async () => {
  const { connection, clock, carriers, state } = unconnected({ transports: BOTH });
  connection.start();
  const order: string[] = [];
  for (let i = 0; i < 6; i++) {
    await clock.advance(Math.max(0, (state().retryAtMs ?? 0) - clock.now()));
    const carrier = carriers.find(({ channels }) => channels.some(({ isClosed }) => !isClosed))!;
    order.push(carrier.name);
    carrier.last().ends(1006);
  }
  expect(order).toEqual(['websocket', 'sse', 'websocket', 'sse', 'websocket', 'sse']);
});

test('once a WebSocket has worked, a lost server is first looked for by WebSocket twice', async () => {
  const { clock, carriers, state } = await connected({ transports: BOTH });
  const order: string[] = [];
  carriers[0]!.last().ends(1006);
  for (let i = 0; i < 3; i++) {
    await clock.advance(state().retryAtMs! - clock.now());
    const carrier = carriers.find(({ channels }) => channels.some(({ isClosed }) => !isClosed))!;
    order.push(carrier.name);
    carrier.last().ends(1006);
  }
  expect(order).toEqual(['websocket', 'websocket', 'sse']);
});

test('from the lesser transport it changes to the WebSocket when that opens, and not a moment before', async () => {
  const { connection, clock, carriers, state, told } = unconnected({ transports: BOTH });
  const [socket, stream] = carriers;
  connection.start();
  await clock.advance(0);
  socket!.last().ends(1006);
  await clock.advance(500);
  stream!.last().ready();
  const alive = setIntervalOf(() => stream!.last().says({ type: 'pong', serverTime: '' }));

  // After 30 s it tries; refused, after 60 s again.
  await alive(30_000);
  expect(socket!.channels).toHaveLength(2);
  socket!.last().ends(1006);
  expect(state()).toMatchObject({ status: 'ready', transport: 'sse' });
  await alive(59_000);
  expect(socket!.channels).toHaveLength(2);
  await alive(1_000);
  expect(socket!.channels).toHaveLength(3);
  expect(stream!.last().isClosed).toBe(false);
  expect(told).toEqual(['ready']);
  socket!.last().ready();
  expect(state()).toMatchObject({ status: 'ready', transport: 'websocket' });
  expect(stream!.last().isClosed).toBe(true);
  expect(told).toEqual(['ready', 'lost', 'ready']);
  // The new one is a connection like any other.
  socket!.last().ends(1006);
  expect(state().status).toBe('waiting');

  function setIntervalOf(task: () => void) {
    return async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 1_000) {
        task();
        await clock.advance(1_000);
      }
    };
  }
});

test('a connection lost during the try of the better one ends that try too', async () => {
  const { connection, clock, carriers, state } = unconnected({ transports: BOTH });
  const [socket, stream] = carriers;
  connection.start();
  await clock.advance(0);
  socket!.last().ends(1006);
  await clock.advance(500);
  stream!.last().ready({ heartbeatMs: 60_000 });
  await clock.advance(30_000);
  const trial = socket!.last();
  expect(trial.isClosed).toBe(false);
  stream!.last().ends(1006);
  expect(trial.isClosed).toBe(true);
  expect(state().status).toBe('waiting');
});
