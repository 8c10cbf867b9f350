import {
  callAs,
  createRandom,
  type Dial,
  dialGongu,
  dialRoom,
  dialSession,
  dialSignals,
  overSockJs,
  overWebSocket,
  PROTOCOLS,
  type SockJsTransport,
  SPRING,
  speakGongu,
  speakStomp,
} from '@gongu/sim';
import type { Check } from './check.ts';
import { ask, eventually, expect, product, type Scene } from './scene.ts';

/** What one line was told. */
function open(scene: Scene, dial: Dial, roomId: string, after: number) {
  const told = { joined: false, texts: [] as string[], seqs: [] as number[], over: '', refused: '' };
  const line = dial({
    ...{ url: scene.chatUrl, token: scene.token('ann'), userId: 'ann', roomId, secret: () => {} },
    ...{ nowMs: () => Date.now(), random: createRandom(1), after: () => told.seqs.at(-1) ?? after },
    handlers: {
      ...{ onAlive() {}, onRestarted() {}, onResync() {}, onAck() {} },
      onJoined() {
        told.joined = true;
      },
      onMessage({ content, seq }) {
        told.texts.push(content);
        told.seqs.push(seq);
      },
      onRefused(_, code) {
        told.refused = code;
      },
      onOver(reason) {
        told.over = reason;
      },
    },
  });
  return { line, told };
}

/** Joins, hears and says; ends, and hears on its return what was said meanwhile. */
function check(name: string, dial: Dial): Check {
  return {
    name,
    async run(scene) {
      const roomId = await product(scene);
      const room = `${scene.otherUrl}/api/chat/rooms/${roomId}`;
      const bob = scene.token('bob');
      await ask(bob, 'POST', `${room}/participants`, { status: 201, body: {} });
      const says = (content: string) =>
        ask(bob, 'POST', `${room}/messages`, { status: 201, body: { content, clientMessageId: content } });
      const hears = async ({ told }: ReturnType<typeof open>, text: string) =>
        eventually(`"${text}" (${told.over || told.refused || 'open'})`, () => told.texts.includes(text) || undefined);

      const first = open(scene, dial, roomId, 0);
      let last = 0;
      try {
        await eventually(`to be let in (${first.told.refused})`, () => first.told.joined || undefined);
        await says('들리나요');
        await hears(first, '들리나요');
        first.line.say('mine', '들려요');
        await hears(first, '들려요');
        last = first.told.seqs.at(-1)!;
      } finally {
        first.line.end();
      }
      await says('없는 사이에');
      const second = open(scene, dial, roomId, last);
      try {
        await hears(second, '없는 사이에');
        expect(second.told.seqs[0] === last + 1, 'to go on where it was cut', second.told.seqs);
      } finally {
        second.line.end();
      }
      const { body } = await callAs<{ messages: { content: string }[] }>({
        token: bob,
        method: 'GET',
        url: `${room}/messages`,
      });
      expect(body.messages.filter(({ content }) => content === '들려요').length === 1, 'its text to be stored once');
    },
  };
}

const named = (name: string): Dial => PROTOCOLS.find((one) => one.name === name)!.dial;
const sockJs = (transport: SockJsTransport, speak: Parameters<typeof overSockJs>[1]) => overSockJs(transport, speak);
const stomp = (version: string, offered: string) =>
  overWebSocket({
    ...{ path: () => '/ws', protocols: [offered], presenting: 'first frame' },
    speak: speakStomp({ ...SPRING, versions: version }),
  });

/** Every way to carry a conversation. */
export const LINES: readonly Check[] = [
  check('gongu.v1 over /ws, token in the first frame', dialGongu('first frame')),
  check('gongu.v1, token as subprotocol', dialGongu('subprotocol')),
  check('gongu.v1, token as header', dialGongu('header')),
  check('gongu.v1, ticket in the URL', dialGongu('ticket')),
  check('STOMP 1.2', stomp('1.1,1.2', 'v12.stomp')),
  check('STOMP 1.0', stomp('1.0', 'v10.stomp')),
  check('SockJS websocket, STOMP', sockJs('websocket', speakStomp(SPRING))),
  check('SockJS xhr-streaming, STOMP', sockJs('xhr-streaming', speakStomp(SPRING))),
  check('SockJS eventsource, gongu.v1', sockJs('eventsource', speakGongu(true))),
  check('SockJS xhr-polling, gongu.v1', sockJs('xhr-polling', speakGongu(true))),
  check('/ws/chat?sessionId', dialSession),
  check('/chat/{roomId}', dialRoom),
  check('/room?roomId', dialSignals),
  check("a room's event stream, and HTTP", named('event stream and HTTP')),
  check('HTTP alone', named('HTTP polling')),
];
