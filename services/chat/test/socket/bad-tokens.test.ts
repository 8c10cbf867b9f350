import { createHmac, hkdfSync } from 'node:crypto';
import { BAD_TIMES, GOOD_TIMES, probe, serviceToken, signToken, UpgradeRefused } from '@gongu/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { SERVICE_SECRET, tokenOf, USER_SECRET } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
let roomId: string;
beforeAll(async () => {
  chat = await given.start();
  roomId = await chat.room({ maxParticipants: 10_000 });
});

type Claims = Readonly<Record<string, unknown>>;
const REFUSED = ['UNAUTHENTICATED', 'TOKEN_EXPIRED'];

/** What an answer of HTTP says, where it is none of success. */
async function refusalOf(answer: Promise<Response>): Promise<string> {
  const response = await answer;
  if (response.status === 200 || response.status === 201) {
    await response.body?.cancel();
    return 'good';
  }
  const { code } = (await response.json()) as { code: string };
  return response.status === 401 ? code : `${response.status} ${code}`;
}

/** What an upgrade is refused with; a socket that says `ready` or STOMP's CONNECTED, or a plain one that lives, is good. */
async function upgrade(path: string, options: { protocols?: string[]; headers?: Record<string, string> } = {}) {
  try {
    const socket = await probe(`${chat.url.replace('http', 'ws')}${path}`, options);
    socket.terminate();
    return 'good';
  } catch (error) {
    if (!(error instanceof UpgradeRefused)) throw error;
    return error.status === 401 ? (JSON.parse(error.body).code as string) : `${error.status} ${error.body}`;
  }
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const get = (path: string, token: string) => fetch(`${chat.url}${path}`, { headers: bearer(token) });
let sessions = 0;
const newSession = () => `bad-${++sessions}`;

/** A first frame: its error, and that the socket ends. */
async function firstFrame(frames: (token: string) => string, path: string, protocols: string[], token: string) {
  const socket = await probe(`${chat.url.replace('http', 'ws')}${path}`, { protocols });
  socket.send(frames(token));
  const first = await socket.next((frame) => !/^[oh]$/.test(String(frame)));
  const text = typeof first === 'string' ? first : JSON.stringify(first);
  if (/"ready"|CONNECTED/.test(text)) {
    socket.terminate();
    return 'good';
  }
  const { code } = await socket.closed();
  const said = REFUSED.find((one) => text.includes(one)) ?? text;
  return code === 1006 || code === 1011 ? `${said}, then ${code}` : said;
}

const WAYS: Readonly<Record<string, (token: string) => Promise<string>>> = {
  'HTTP header': (token) => refusalOf(get('/api/chat/rooms', token)),
  'HTTP header, for users and services': (token) => refusalOf(get(`/api/chat/rooms/${roomId}`, token)),
  'a ticket': (token) => refusalOf(fetch(`${chat.url}/api/chat/tickets`, { method: 'POST', headers: bearer(token) })),
  subprotocol: (token) => upgrade('/ws', { protocols: ['gongu.v1', `bearer.${token}`] }),
  query: (token) => upgrade(`/ws?token=${token}`, { protocols: ['gongu.v1'] }),
  'header of an upgrade': (token) => upgrade('/ws', { protocols: ['v12.stomp'], headers: bearer(token) }),
  'older URL /ws/chat': (token) => upgrade(`/ws/chat?sessionId=${roomId}&token=${token}`),
  'older URL /chat': (token) => upgrade(`/chat/${roomId}?token=${token}`),
  'older URL /room': (token) => upgrade(`/room?roomId=${roomId}&token=${token}`),
  'first frame': (token) =>
    firstFrame((one) => JSON.stringify({ type: 'auth', token: one }), '/ws', ['gongu.v1'], token),
  'STOMP CONNECT': (token) =>
    firstFrame((one) => `CONNECT\naccept-version:1.2\nAuthorization:Bearer ${one}\n\n\0`, '/ws', ['v12.stomp'], token),
  'STOMP passcode': (token) =>
    firstFrame((one) => `CONNECT\naccept-version:1.2\npasscode:${one}\n\n\0`, '/ws', ['v12.stomp'], token),
  'SockJS xhr': async (token) => {
    const answer = fetch(`${chat.url}/ws/chat/000/${newSession()}/xhr?token=${token}`, { method: 'POST' });
    return refusalOf(answer);
  },
  'SockJS websocket': (token) => upgrade(`/ws/chat-sockjs/000/${newSession()}/websocket?token=${token}`),
  'STOMP over SockJS': (token) =>
    firstFrame(
      (one) => JSON.stringify([`CONNECT\naccept-version:1.2\nAuthorization:Bearer ${one}\n\n\0`]),
      `/ws/chat/000/${newSession()}/websocket`,
      [],
      token,
    ),
  'stream of rooms': (token) => refusalOf(get('/api/chat/events', token)),
  'stream by query': (token) => refusalOf(fetch(`${chat.url}/api/chat/events?token=${token}`)),
};

const anonymousKey = Buffer.from(hkdfSync('sha256', SERVICE_SECRET, '', 'gongu anonymous token', 32));
function anonymousToken(claims: Claims): string {
  const signed = signToken({ sub: 'anon-1', anon: true, ...claims }, '')
    .split('.')
    .slice(0, 2)
    .join('.');
  return `${signed}.${createHmac('sha256', anonymousKey).update(signed).digest('base64url')}`;
}
const userToken = (claims: Claims) => signToken({ sub: 'ann', ...claims }, USER_SECRET);

describe.each(Object.entries(WAYS))('by %s', (_way, enter) => {
  it('a token without a moment at which it ends, begins or was made lets nobody in, as a token that is refused', async () => {
    for (const [what, claims] of BAD_TIMES) {
      for (const token of [userToken(claims), anonymousToken(claims)]) {
        expect(REFUSED, what).toContain(await enter(token));
      }
    }
  });

  it('one with unusual times is good', async () => {
    for (const [what, claims] of GOOD_TIMES) expect(await enter(userToken(claims)), what).toBe('good');
  });
});

it('a service token with such times is refused where services ask', async () => {
  for (const [what, claims] of BAD_TIMES) {
    const token = serviceToken({ secret: SERVICE_SECRET, claims });
    expect(REFUSED, what).toContain(await refusalOf(get(`/api/chat/rooms/${roomId}`, token)));
  }
});

it('a member’s stream and a renewal on a live socket refuse them, and the old token stays', async () => {
  const ann = await chat.connect('ann');
  await ann.join(roomId);
  for (const [what, claims] of BAD_TIMES) {
    expect(REFUSED, what).toContain(await refusalOf(get(`/api/chat/rooms/${roomId}/events`, userToken(claims))));
    ann.send({ type: 'auth', ref: what, token: userToken(claims) });
    expect(REFUSED, what).toContain((await ann.next((frame) => frame.ref === what)).code);
  }
  await ann.say(roomId);
});

it('user ids of 255 characters work everywhere that ids stand: sockets, STOMP, pages, paths, streams', async () => {
  for (const userId of ['😀'.repeat(255), '가'.repeat(255), 'u'.repeat(255)]) {
    const token = tokenOf(userId, { nickname: 'long' });
    const room = await chat.room();
    const socket = await chat.connect(userId, { token });
    expect((await socket.join(room)).room.participantCount).toBe(1);
    await socket.say(room);
    const members = await chat.call<{ items: { userId: string }[] }>('GET', `/api/chat/rooms/${room}/participants`, {
      as: `Bearer ${token}`,
    });
    expect(members.body.items.map((one) => one.userId)).toContain(userId);
    const path = `/api/chat/rooms/${room}/participants/${encodeURIComponent(userId)}`;
    expect((await chat.call('DELETE', path, { as: `Bearer ${tokenOf('seller')}` })).status).toBe(204);
  }
});
