import type { ChatMessage, Room } from '@gongu/shared';
import { type Frame, probe } from '@gongu/testkit';
import SockJS from 'sockjs-client';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { said } from '../fixture/log-lines.ts';
import { framesOf } from '../fixture/stomp-reader.ts';
import { SERVICE, tokenOf } from '../fixture/tokens.ts';

// Every kind of change, by every way in that knows it: each is answered as HTTP answers it, and leaves the room as HTTP does.
const given = chatOfThisFile();
let chat: Instance;
beforeAll(async () => {
  chat = await given.start({ CHANGES: 'on' });
});

interface Change {
  readonly type: 'edit' | 'delete' | 'react' | 'pin';
  readonly roomId: string;
  readonly seq: unknown;
  readonly [field: string]: unknown;
}
/** `ok`, or the code of the refusal and the first field that is wrong. */
type Answer = string;
type Ask = (change: Change) => Promise<Answer>;

const answerOf = (problem: { code: string; errors?: readonly { path: string }[] }): Answer =>
  [problem.code, ...(problem.errors?.[0] ? [problem.errors[0].path] : [])].join(' ');
const tokenFor = (user: string) => tokenOf(user, user === 'root' ? { roles: ['admin'] } : {});

function overHttp(user: string): Ask {
  return async ({ type, roomId, seq, emoji, on, ...body }) => {
    const paths = {
      edit: ['PATCH', `messages/${seq}`],
      delete: ['DELETE', `messages/${seq}`],
      react: [on ? 'PUT' : 'DELETE', `messages/${seq}/reactions/${encodeURIComponent(String(emoji))}`],
      pin: [on ? 'PUT' : 'DELETE', `pins/${seq}`],
    } as const;
    const [method, path] = paths[type];
    const answer = await chat.call(method, `/api/chat/rooms/${roomId}/${path}`, {
      ...{ as: `Bearer ${tokenFor(user)}`, ...(type === 'edit' ? { body } : {}) },
    });
    return answer.status < 300 ? 'ok' : answerOf(answer.body);
  };
}

/** A socket of whatever kind, which is asked one thing after the other. */
async function lineOf(socket: Pick<WebSocket, 'send' | 'close' | 'onopen' | 'onmessage' | 'onclose'>) {
  onTestFinished(() => socket.close());
  let hear = (_text: string) => {};
  socket.onmessage = ({ data }) => hear(String(data));
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve();
    socket.onclose = ({ code, reason }) => reject(new Error(`closed ${code} ${reason}`));
  });
  return <T>(text: string, answerIn: (text: string) => T | undefined): Promise<T> =>
    new Promise((resolve, reject) => {
      socket.onclose = ({ code, reason }) => reject(new Error(`closed ${code} ${reason}`));
      hear = (heard) => {
        const answer = answerIn(heard);
        if (answer !== undefined) resolve(answer);
      };
      socket.send(text);
    });
}
type Open = (user: string, protocols: readonly string[]) => ReturnType<typeof lineOf>;

const overSocket =
  (path: string): Open =>
  (user, protocols) =>
    lineOf(new WebSocket(`${chat.url.replace('http', 'ws')}${path}?token=${tokenFor(user)}`, [...protocols]));
const overSockJs =
  (path: string, transports: string): Open =>
  (user) =>
    lineOf(new SockJS(`${chat.url}${path}?token=${tokenFor(user)}`, null, { transports }) as never);

const byJson =
  (open: Open) =>
  async (user: string): Promise<Ask> => {
    const ask = await open(user, ['gongu.v1']);
    let asked = 0;
    return (change) => {
      const ref = `ref-${++asked}`;
      return ask(JSON.stringify({ ref, ...change }), (text) => {
        const frame = JSON.parse(text);
        if (frame.ref !== ref) return undefined;
        return frame.type === 'error' ? answerOf(frame) : frame.type;
      });
    };
  };

const byStomp =
  (open: Open, version: '1.0' | '1.1' | '1.2', prefix: string) =>
  async (user: string): Promise<Ask> => {
    const ask = await open(user, [`v${version.replace('.', '')}.stomp`]);
    const until = (command: string) => (text: string) =>
      framesOf([text], version).find((frame) => frame.command === command);
    await ask(`CONNECT\naccept-version:${version}\nhost:x\n\n\0`, until('CONNECTED'));
    await ask('SUBSCRIBE\nid:e\ndestination:/user/queue/errors\nreceipt:e\n\n\0', until('RECEIPT'));
    let asked = 0;
    return ({ type, roomId, ...body }) => {
      const receipt = `r-${++asked}`;
      const head = `SEND\ndestination:${prefix}/${roomId}/${type}\nreceipt:${receipt}\n`;
      return ask(`${head}\n${JSON.stringify(body)}\0`, (text) => {
        const frame = framesOf([text], version).find(({ headers }) => headers['receipt-id'] === receipt);
        return frame && (frame.command === 'RECEIPT' ? 'ok' : answerOf(JSON.parse(frame.body)));
      });
    };
  };

const ways: Record<string, (user: string) => Promise<Ask>> = {
  HTTP: async (user) => overHttp(user),
  'gongu.v1 on /ws': byJson(overSocket('/ws')),
  'gongu.v1 on /ws/chat': byJson(overSocket('/ws/chat')),
  'gongu.v1 on /ws/chat/websocket': byJson(overSocket('/ws/chat/websocket')),
  ...Object.fromEntries(
    ['websocket', 'xhr-streaming', 'eventsource', 'xhr-polling'].map((transport) => [
      `gongu.v1 over SockJS (${transport})`,
      byJson(overSockJs('/ws/chat', transport)),
    ]),
  ),
  'STOMP 1.2': byStomp(overSocket('/ws'), '1.2', '/app/chat'),
  'STOMP 1.1': byStomp(overSocket('/ws'), '1.1', '/pub/couple'),
  'STOMP 1.0 on /ws/chat': byStomp(overSocket('/ws/chat'), '1.0', '/topic/chat'),
  'STOMP over SockJS (websocket)': byStomp(overSockJs('/ws/chat', 'websocket'), '1.2', '/app/chat'),
  'STOMP over SockJS (xhr-streaming)': byStomp(overSockJs('/ws/chat-sockjs', 'xhr-streaming'), '1.1', '/app/chat'),
  'STOMP over SockJS (xhr-polling)': byStomp(overSockJs('/ws/chat-sockjs', 'xhr-polling'), '1.2', '/pub/chat'),
};

const EMOJIS = ['👍', '❤️', '😂', '😮', '😢', '🙏', '🎉', '🔥', '👏', '🍊', '👀', '✅'];
let sent = 0;

/** A room with all that changes can be about; two are the same but for their ids. */
async function world() {
  const [roomId, cancelled] = [await chat.room(), await chat.room()];
  const path = (room: string) => `/api/chat/rooms/${room}`;
  const call = async <T>(method: string, to: string, as: string, body?: object): Promise<T> => {
    const answer = await chat.call<T>(method, to, { as, ...(body ? { body } : {}) });
    expect([method, to, answer.status < 300]).toEqual([method, to, true]);
    return answer.body;
  };
  for (const as of ['ann', 'bob', 'mute', 'bad', 'gone']) await call('POST', `${path(roomId)}/participants`, as, {});
  await call('POST', `${path(cancelled)}/participants`, 'ann', {});
  const say = async (as: string, room = roomId) =>
    (
      await call<ChatMessage>('POST', `${path(room)}/messages`, as, {
        ...{ clientMessageId: `c-${++sent}`, content: said('first') },
      })
    ).seq;
  const of: Record<string, number> = {};
  for (const name of ['edited', 'deleted', 'byHost', 'byAdmin', 'reacted', 'full', 'pinned', 'kept', 'dead'])
    of[name] = await say('ann');
  for (let i = 0; i < 5; i++) of[`pin${i}`] = await say('ann');
  for (const as of ['mute', 'bad', 'gone']) of[as] = await say(as);
  const ended = await say('ann', cancelled);
  const signal = await probe(`${chat.url.replace('http', 'ws')}/room?roomId=${roomId}&token=${tokenOf('ann')}`);
  signal.send({ type: 'note', receiver: 'all', data: { any: 'thing' }, clientMessageId: 'signal' });
  of.data = (await signal.next((frame) => frame.type === 'note')).seq;
  signal.terminate();
  for (const emoji of EMOJIS)
    await call('PUT', `${path(roomId)}/messages/${of.full}/reactions/${encodeURIComponent(emoji)}`, 'ann');
  await call('DELETE', `${path(roomId)}/messages/${of.dead}`, 'ann');
  await call('DELETE', `${path(roomId)}/participants/gone`, 'gone');
  await call('PUT', `${path(roomId)}/restrictions/mute`, 'seller', { kind: 'MUTE' });
  await call('PUT', `${path(roomId)}/restrictions/bad`, 'seller', { kind: 'BAN' });
  await call('PATCH', path(cancelled), SERVICE, { status: 'CANCELLED' });
  return { roomId, cancelled, of, ended };
}
type World = Awaited<ReturnType<typeof world>>;

/** Who asks for what, and the answer. Later ones meet what the ones before them left. */
function table({ roomId, cancelled, of, ended }: World): [string, string, Change, Answer][] {
  const at = (type: Change['type'], seq: unknown, fields: object = {}, room = roomId): Change => ({
    ...{ type, roomId: room, seq },
    ...(type === 'edit' ? { content: said('second') } : type === 'react' ? { emoji: '👍', on: true } : {}),
    ...(type === 'pin' ? { on: true } : {}),
    ...fields,
  });
  const all = (['edit', 'delete', 'react', 'pin'] as const).flatMap((type): [string, string, Change, Answer][] => [
    [`${type}: no such message`, type === 'pin' ? 'seller' : 'ann', at(type, 999_999), 'NOT_FOUND'],
    [`${type}: no such room`, 'ann', at(type, 1, {}, 'nowhere'), 'NOT_FOUND'],
    [`${type}: no seq`, 'ann', at(type, 0), 'VALIDATION_FAILED seq'],
    [`${type}: no number`, 'ann', at(type, 'x'), 'VALIDATION_FAILED seq'],
    [`${type}: a row of the service`, 'seller', at(type, 1), 'FORBIDDEN'],
    [`${type}: a stranger`, 'eve', at(type, of.kept), 'NOT_A_MEMBER'],
    [`${type}: one who is banned`, 'bad', at(type, of.kept), 'BANNED'],
    [`${type}: a cancelled room`, type === 'pin' ? 'seller' : 'ann', at(type, ended, {}, cancelled), 'ROOM_READ_ONLY'],
  ]);
  return [
    ['edit', 'ann', at('edit', of.edited, { ifVersion: of.edited }), 'ok'],
    ['edit: the same once more', 'ann', at('edit', of.edited, { ifVersion: of.edited }), 'ok'],
    ['edit: with mentions', 'ann', at('edit', of.edited, { content: said('@bob'), mentions: ['bob', 'eve'] }), 'ok'],
    ['edit: blanks', 'ann', at('edit', of.kept, { content: ' \n' }), 'ok'],
    ['edit: another version', 'ann', at('edit', of.edited, { ifVersion: of.edited }), 'PRECONDITION_FAILED'],
    ['edit: no version', 'ann', at('edit', of.edited, { ifVersion: 0 }), 'VALIDATION_FAILED ifVersion'],
    ['edit: no text', 'ann', at('edit', of.edited, { content: '' }), 'VALIDATION_FAILED content'],
    ['edit: nothing', 'ann', at('edit', of.edited, { content: undefined }), 'VALIDATION_FAILED content'],
    ['edit: too long', 'ann', at('edit', of.edited, { content: 'x'.repeat(4_001) }), 'VALIDATION_FAILED content'],
    ['edit: NUL', 'ann', at('edit', of.edited, { content: 'a\u0000b' }), 'VALIDATION_FAILED content'],
    ['edit: mentions that are none', 'ann', at('edit', of.edited, { mentions: 'bob' }), 'VALIDATION_FAILED mentions'],
    ['edit: mentions all', 'ann', at('edit', of.edited, { mentionsAll: true }), 'FORBIDDEN'],
    ["edit: somebody else's", 'bob', at('edit', of.edited), 'FORBIDDEN'],
    ["edit: a member's, by the host", 'seller', at('edit', of.edited), 'FORBIDDEN'],
    ['edit: with data', 'ann', at('edit', of.data), 'CONFLICT'],
    ['edit: deleted', 'ann', at('edit', of.dead), 'MESSAGE_DELETED'],
    ['edit: muted', 'mute', at('edit', of.mute), 'MUTED'],
    ['edit: left', 'gone', at('edit', of.gone), 'NOT_A_MEMBER'],
    ['delete', 'ann', at('delete', of.deleted), 'ok'],
    ['delete: once more', 'ann', at('delete', of.deleted), 'ok'],
    ['delete: by the host', 'seller', at('delete', of.byHost), 'ok'],
    ['delete: by an admin', 'root', at('delete', of.byAdmin), 'ok'],
    ["delete: somebody else's", 'bob', at('delete', of.kept), 'FORBIDDEN'],
    ['delete: muted', 'mute', at('delete', of.mute), 'ok'],
    ['delete: banned, his own', 'bad', at('delete', of.bad), 'ok'],
    ['delete: left', 'gone', at('delete', of.gone), 'ok'],
    ['react', 'bob', at('react', of.reacted, { emoji: '❤' }), 'ok'],
    ['react: once more', 'bob', at('react', of.reacted, { emoji: '❤️' }), 'ok'],
    ['react: another', 'ann', at('react', of.reacted, { emoji: '👩‍🌾' }), 'ok'],
    ['react: taken back', 'bob', at('react', of.reacted, { emoji: '❤️', on: false }), 'ok'],
    ['react: taken back once more', 'bob', at('react', of.reacted, { emoji: '❤️', on: false }), 'ok'],
    ['react: a thirteenth kind', 'bob', at('react', of.full, { emoji: '🥕' }), 'CONFLICT'],
    ['react: one of the twelve', 'bob', at('react', of.full, { emoji: '🍊' }), 'ok'],
    ['react: no emoji', 'bob', at('react', of.reacted, { emoji: 'ok' }), 'VALIDATION_FAILED emoji'],
    ['react: two', 'bob', at('react', of.reacted, { emoji: '👍👍' }), 'VALIDATION_FAILED emoji'],
    ['react: deleted', 'bob', at('react', of.dead), 'MESSAGE_DELETED'],
    ['react: muted', 'mute', at('react', of.reacted), 'MUTED'],
    ...[0, 1, 2, 3].map(
      (i) => [`pin: number ${i}`, 'seller', at('pin', of[`pin${i}`]), 'ok'] as [string, string, Change, Answer],
    ),
    ['pin: by an admin', 'root', at('pin', of.pinned), 'ok'],
    ['pin: once more', 'seller', at('pin', of.pinned), 'ok'],
    ['pin: a sixth', 'seller', at('pin', of.pin4), 'CONFLICT'],
    ['pin: taken away', 'seller', at('pin', of.pin0, { on: false }), 'ok'],
    ['pin: taken away once more', 'seller', at('pin', of.pin0, { on: false }), 'ok'],
    ['pin: by a member', 'bob', at('pin', of.kept), 'FORBIDDEN'],
    ['pin: deleted', 'seller', at('pin', of.dead), 'MESSAGE_DELETED'],
    ['pin: deleted by the host, and gone', 'seller', at('delete', of.pin1), 'ok'],
    ...all,
  ];
}

/** What everybody sees of the room, but for its id and times. */
async function outcome({ roomId }: World) {
  const { body } = await chat.call<{ messages: ChatMessage[] }>('GET', `/api/chat/rooms/${roomId}/messages?limit=100`, {
    as: SERVICE,
  });
  const { body: room } = await chat.call<Room>('GET', `/api/chat/rooms/${roomId}`, { as: SERVICE });
  const plain = (text: string) => text.replaceAll(roomId, 'room').replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'then');
  return JSON.parse(plain(JSON.stringify([room.pinnedMessageIds, body.messages])).replace(/"c-\d+"/g, '"c"'));
}

async function run(way: (user: string) => Promise<Ask>): Promise<{ answers: unknown; wanted: unknown; left: unknown }> {
  const made = await world();
  const cases = table(made);
  const lines = new Map<string, Ask>();
  const answers: string[] = [];
  for (const [name, user, change] of cases) {
    const ask = lines.get(user) ?? (await way(user));
    lines.set(user, ask);
    answers.push(`${name}: ${await ask(change)}`);
  }
  return { answers, wanted: cases.map(([name, , , answer]) => `${name}: ${answer}`), left: await outcome(made) };
}

describe('every kind of change, good and bad, is answered as the document says and leaves the same room,', () => {
  let byHttp: unknown;
  it.each(Object.keys(ways))('by %s', async (name) => {
    const { answers, wanted, left } = await run(ways[name]!);
    expect(answers).toEqual(wanted);
    byHttp ??= left;
    expect(left).toEqual(byHttp);
  });
});

describe('the older URLs know no changes:', () => {
  it.each(['/ws/chat?sessionId=', '/chat/', '/room?roomId='])('%s', async (url) => {
    const { roomId, of } = await world();
    const to = `${chat.url.replace('http', 'ws')}${url}${roomId}`;
    const old = await probe(`${to}${url.endsWith('=') ? '&' : '?'}token=${tokenOf('ann')}`);
    onTestFinished(() => old.terminate());
    const one = async (seq: number) =>
      (await chat.call<ChatMessage>('GET', `/api/chat/rooms/${roomId}/messages/${seq}`, { as: 'bob' })).body;
    const [kept, edited] = [of.kept!, of.edited!];
    const before = await one(kept);
    for (const frame of [
      { type: 'delete', roomId, seq: kept },
      { type: 'edit', roomId, seq: kept, content: said('second') },
      { type: 'react', roomId, seq: kept, emoji: '👍', on: true },
      { type: 'pin', roomId, seq: kept, on: true },
    ]) {
      old.send({ ref: 'r', ...frame });
    }
    // What others change is told by no frame, and stands in what is sent and read then.
    await chat.call('PATCH', `/api/chat/rooms/${roomId}/messages/${edited}`, {
      as: 'ann',
      body: { content: said('2') },
    });
    const isLast = (frame: Frame) => JSON.stringify(frame).includes('last');
    const body = { clientMessageId: 'last', content: said('last') };
    await chat.call('POST', `/api/chat/rooms/${roomId}/messages`, { as: 'bob', body });
    await old.next(isLast);
    expect(JSON.stringify(old.queue)).not.toMatch(/message\.changed|edited a message/);
    expect(await one(kept)).toEqual(before);
    const again = await probe(`${to}${url.endsWith('=') ? '&' : '?'}token=${tokenOf('ann')}&after=1`);
    onTestFinished(() => again.terminate());
    await again.next(isLast);
    expect(JSON.stringify(again.queue)).not.toMatch(/message\.changed|edited a message/);
    expect(JSON.stringify(again.queue.find((frame) => frame.seq === edited))).toContain(said('2'));
  });
});
