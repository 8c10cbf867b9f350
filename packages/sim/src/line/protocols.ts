import { speakGongu } from './gongu.ts';
import { dialPolling } from './http.ts';
import { type Call, LOBBY, type Protocol } from './line.ts';
import { noticing, speakRoom, speakSession, speakSignals } from './older.ts';
import { mindingSeq, overSockJs } from './sockjs.ts';
import { dialEventStream } from './sse.ts';
import { CHANNELS, SPRING, speakStomp } from './stomp.ts';
import { overWebSocket, type Presenting } from './websocket.ts';

/** gongu.v1 on a WebSocket of its own. */
export const dialGongu = (presenting: Presenting, path = '/ws') =>
  overWebSocket({
    path: () => path,
    protocols: ['gongu.v1'],
    presenting,
    speak: speakGongu(presenting === 'first frame'),
  });

const older = (path: (call: Call) => string, speak: typeof speakRoom) =>
  overWebSocket({ path, protocols: [], presenting: 'query', speak: noticing(speak) });

/** The older protocols, one URL each. */
export const dialSession = older(({ roomId, after }) => `/ws/chat?sessionId=${roomId}&after=${after()}`, speakSession);
export const dialRoom = older(({ roomId, after }) => `/chat/${roomId}?after=${after()}`, speakRoom);
export const dialSignals = older(({ roomId, after }) => {
  const named = roomId === LOBBY ? '' : `roomId=${roomId}&`;
  return `/room?${named}after=${after()}`;
}, speakSignals);

/** Every protocol there is, by every way to carry it; the most usual one twice. */
export const PROTOCOLS: readonly Protocol[] = [
  { name: 'gongu.v1', answers: true, dial: dialGongu('first frame') },
  { name: 'gongu.v1, bearer', answers: true, dial: dialGongu('subprotocol') },
  { name: 'gongu.v1, ticket', answers: true, dial: dialGongu('ticket') },
  {
    name: 'STOMP 1.2',
    answers: true,
    dial: overWebSocket({
      path: () => '/ws',
      protocols: ['v12.stomp', 'v11.stomp', 'v10.stomp'],
      presenting: 'header',
      speak: speakStomp(SPRING),
    }),
  },
  {
    name: 'STOMP 1.0',
    answers: true,
    dial: overWebSocket({
      path: () => '/ws/chat',
      protocols: ['v10.stomp'],
      presenting: 'query',
      speak: speakStomp(CHANNELS),
    }),
  },
  { name: 'SockJS websocket, STOMP', answers: true, dial: overSockJs('websocket', speakStomp(SPRING)) },
  { name: 'SockJS xhr-streaming, STOMP', answers: true, dial: overSockJs('xhr-streaming', speakStomp(SPRING)) },
  { name: 'SockJS xhr-polling, JSON', answers: true, dial: overSockJs('xhr-polling', speakGongu(false)) },
  { name: 'SockJS xhr-streaming, JSON', answers: true, dial: overSockJs('xhr-streaming', speakGongu(false)) },
  {
    name: 'SockJS eventsource, STOMP',
    answers: true,
    dial: mindingSeq(overSockJs('eventsource', speakStomp(SPRING), '/ws/chat-sockjs')),
  },
  { name: '/ws/chat?sessionId', answers: false, hidesChanges: true, dial: dialSession },
  { name: '/chat/{room}', answers: false, hidesChanges: true, dial: dialRoom },
  { name: '/room?roomId', answers: false, hidesChanges: true, dial: dialSignals },
  { name: 'event stream and HTTP', answers: true, dial: dialEventStream },
  { name: 'HTTP polling', answers: true, isSilent: true, dial: dialPolling },
];
