import { expect, test } from 'vitest';
import recorded from '../../fixture/recorded-stomp.json' with { type: 'json' };
import { joined, ready, stompClient } from '../../fixture/stomp-client.ts';

/** WebSocket messages as the clients named sent them to a broker; binary ones in base64. */
const clients = Object.entries(recorded as Record<string, (string | { base64: string })[]>);

/** Replays a client's messages to a codec, with a session that grants everything; what it asked for and was answered. */
function replay(messages: readonly (string | { base64: string })[]) {
  const client = stompClient();
  const commands: string[] = [];
  const frames: string[] = [];
  const note = (shown: readonly { command: string; headers: Record<string, string> }[]) =>
    frames.push(...shown.map(({ command, headers }) => `${command} ${headers['receipt-id'] ?? ''}`.trim()));
  let closed: number | null = null;
  for (const message of messages) {
    const told = client.raw(typeof message === 'string' ? message : Buffer.from(message.base64, 'base64'));
    note(told.frames);
    closed ??= told.close?.code ?? null;
    for (const command of told.commands) {
      switch (command.type) {
        case 'auth':
          commands.push(`auth ${command.token}`);
          note(client.event(ready).frames);
          break;
        case 'join':
          commands.push(`join ${command.roomId}`);
          note(client.event(joined(command)).frames);
          break;
        case 'send':
          commands.push(`send ${command.roomId} ${command.content}`);
          note(client.event({ type: 'ok', ref: command.ref }).frames);
          break;
        default:
          commands.push(command.type);
          note(client.event({ type: 'ok', ref: command.ref }).frames);
      }
    }
  }
  return { commands, frames, closed };
}

const spring = (first: string, second: string) => ['auth TOKEN', 'join r1', `send r1 ${first}`, `send r1 ${second}`];
const orange = `${'감'.repeat(60)}🍊`;
const stompjs = ['auth TOKEN', 'join r1', 'send r1 안녕 🍊', 'send r1 둘', `send r1 ${orange}`];
const stompjsFrames = ['CONNECTED', 'RECEIPT sub-1', 'RECEIPT msg-1', 'RECEIPT close-2'];

const expected: Record<string, { commands: string[]; frames: string[]; closed: number | null }> = {
  'Spring 6.1 WebSocketStompClient, text': { commands: spring('안녕', '둘째 줄'), frames: ['CONNECTED'], closed: 1000 },
  'Spring 6.1 WebSocketStompClient, JSON and receipts': {
    commands: spring('안녕', '둘째'),
    frames: ['CONNECTED', 'RECEIPT 0', 'RECEIPT 1', 'RECEIPT 2', 'RECEIPT 3'],
    closed: 1000,
  },
  'StompProtocolAndroid 1.6 over OkHttp': {
    commands: ['auth TOKEN', 'join r1', 'send r1 안녕', 'send r1 plain', 'send r1 옛날'],
    frames: ['CONNECTED'],
    closed: null,
  },
  '@stomp/stompjs 7.5': { commands: stompjs, frames: stompjsFrames, closed: null },
  '@stomp/stompjs 7.5, split frames': { commands: stompjs, frames: stompjsFrames, closed: null },
  '@stomp/stompjs 7.5, binary frames': { commands: stompjs, frames: stompjsFrames, closed: null },
  'webstomp-client 1.2': {
    commands: ['auth TOKEN', 'join r1', 'send r1 안녕', `send r1 ${orange}🍊`, 'unsubscribe'],
    frames: ['CONNECTED'],
    closed: 1000,
  },
};

test.each(clients)('%s is understood', (name, messages) => {
  expect(replay(messages)).toEqual(expected[name]);
});

test('every recording has its expectation', () => {
  expect(clients.map(([name]) => name).sort()).toEqual(Object.keys(expected).sort());
});
