import { randomUUID } from 'node:crypto';
import { probe, UpgradeRefused } from '@gongu/testkit';
import type { Check } from './check.ts';
import { ask, connect, eventually, expect, product, room, type Scene } from './scene.ts';

/** Opens an event stream. @returns reads it until `holds` says so, and returns its text */
async function listen(url: string, headers: Record<string, string>) {
  const ending = new AbortController();
  const answer = await fetch(url, { headers, signal: ending.signal });
  expect(answer.status === 200, 'an event stream', answer.status);
  return async (holds: (text: string) => boolean): Promise<string> => {
    const decoder = new TextDecoder();
    let text = '';
    const read = async () => {
      for await (const chunk of answer.body!) {
        text += decoder.decode(chunk, { stream: true });
        if (holds(text)) return;
      }
    };
    const reading = read().catch(() => {});
    try {
      await Promise.race([reading, eventually('the events', () => holds(text) || undefined)]);
      expect(holds(text), 'the events', text.slice(-300));
      return text;
    } finally {
      ending.abort();
    }
  };
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const refusal = (url: string, options: Parameters<typeof probe>[1]) =>
  probe(url, options).then(
    (socket) => {
      socket.terminate();
      return null;
    },
    (error: unknown) => {
      if (error instanceof UpgradeRefused) return error;
      throw error;
    },
  );

/** Event streams, tokens, errors, and what operators look at. */
export const SERVICE: readonly Check[] = [
  {
    name: 'the stream of products tells seats and status',
    async run(scene) {
      const id = await product(scene, { maxParticipants: 1 });
      const until = await listen(`${scene.tradeUrl}/api/products/events`, {});
      const url = `${scene.tradeUrl}/api/products/${id}/participations`;
      await ask(scene.token('ann'), 'POST', url, { status: 201, body: {} });
      await until((text) => text.split('\n').some((line) => line.includes(id) && line.includes('"CLOSED"')));
    },
  },
  {
    name: "a room's stream goes on after Last-Event-ID",
    async run(scene) {
      const id = await product(scene);
      const url = `${scene.chatUrl}/api/chat/rooms/${id}`;
      const token = scene.token('ann');
      await ask(token, 'POST', `${url}/participants`, { status: 201, body: {} });
      const body = { clientMessageId: randomUUID(), content: '하나' };
      const { seq } = await ask<{ seq: number }>(token, 'POST', `${url}/messages`, { status: 201, body });
      await ask(token, 'POST', `${url}/messages`, { status: 200, body });
      await ask(token, 'POST', `${url}/messages`, {
        status: 201,
        body: { clientMessageId: randomUUID(), content: '둘' },
      });
      const headers = { ...bearer(token), 'last-event-id': String(seq) };
      const text = await (await listen(`${url}/events`, headers))((so) => so.includes('둘'));
      expect(!text.includes('"하나"'), 'nothing that it has already');
      expect(
        text
          .split('\n\n')
          .slice(0, -1)
          .every((block) => block.includes('data:')),
        'no block without data',
        text,
      );
    },
  },
  {
    name: 'the stream of all my rooms',
    async run(scene) {
      const id = await product(scene);
      const ann = await connect(scene, 'lister');
      await ann.join(id);
      const url = `${scene.chatUrl}/api/chat/events`;
      const holds = (text: string) => text.includes('event: rooms') && text.includes(id);
      await (await listen(url, bearer(scene.token('lister'))))(holds);
      ann.terminate();
    },
  },
  {
    name: 'unread counts and read marks over HTTP',
    async run(scene) {
      const id = await product(scene);
      const ann = await connect(scene, 'reader');
      const joined = await ann.join(id);
      const rooms = `${scene.chatUrl}/api/chat/rooms`;
      const body = { clientMessageId: 'n1', content: '새 소식' };
      await ask(scene.token('seller'), 'POST', `${rooms}/${id}/messages`, { status: 201, body });
      const unread = async () => {
        const { items } = await ask<{ items: { roomId: string; unread: number }[] }>(
          scene.token('reader'),
          'GET',
          rooms,
          { status: 200 },
        );
        return items.find(({ roomId }) => roomId === id)?.unread;
      };
      expect((await unread()) === 1, 'one unread', await unread());
      const mark = { status: 204, body: { seq: joined.lastSeq + 1 } };
      await ask(scene.token('reader'), 'PUT', `${rooms}/${id}/read`, mark);
      expect((await unread()) === 0, 'none unread', await unread());
      ann.terminate();
    },
  },
  {
    name: 'bad and old tokens are refused, before and after the upgrade',
    async run(scene) {
      const ws = `${scene.chatUrl.replace(/^http/, 'ws')}/ws`;
      const old = scene.tokenWith({ sub: 'ann', expiresInSeconds: -60 });
      for (const [token, code] of [
        ['nonsense', 'UNAUTHENTICATED'],
        [old, 'TOKEN_EXPIRED'],
      ] as const) {
        const refused = await refusal(ws, { protocols: ['gongu.v1', `bearer.${token}`] });
        expect(refused?.status === 401 && refused.body.includes(code), `401 ${code}`, refused?.body);
        const socket = await probe(ws, { protocols: 'gongu.v1' });
        socket.send({ type: 'auth', token });
        const { code: close } = await socket.closed(15_000);
        expect(close === (code === 'TOKEN_EXPIRED' ? 4101 : 4501), 'its close code', close);
        await ask(token, 'GET', `${scene.chatUrl}/api/chat/rooms`, { status: 401, code });
      }
    },
  },
  {
    name: 'a ticket opens one connection',
    async run(scene) {
      const url = `${scene.chatUrl}/api/chat/tickets`;
      const { ticket } = await ask(scene.token('ann'), 'POST', url, { status: 201, body: {} });
      const at = `${scene.otherUrl.replace(/^http/, 'ws')}/ws?ticket=${ticket}`;
      const socket = await probe(at, { protocols: 'gongu.v1' });
      expect((await socket.next()).type === 'ready', 'ready');
      socket.terminate();
      const again = await refusal(at, { protocols: 'gongu.v1' });
      expect(again?.status === 401, '401', again?.status);
    },
  },
  {
    name: 'somebody without an account talks, and does not buy',
    async run(scene) {
      const id = await product(scene);
      const answer = await fetch(`${scene.chatUrl}/api/chat/tokens/anonymous`, {
        ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' },
      });
      const { token, user } = (await answer.json()) as { token: string; user: { nickname: string } };
      expect(/[가-힣]/.test(user.nickname), 'a Korean nickname', user);
      const url = `${scene.chatUrl}/api/chat/rooms/${id}`;
      await ask(token, 'POST', `${url}/participants`, { status: 201, body: {} });
      await ask(token, 'POST', `${url}/messages`, {
        status: 201,
        body: { clientMessageId: 'a', content: '구경 왔어요' },
      });
      const buying = { status: 403, code: 'ANONYMOUS_NOT_ALLOWED', body: {} };
      await ask(token, 'POST', `${scene.tradeUrl}/api/products/${id}/participations`, buying);
    },
  },
  {
    name: 'the host changes the title, the service the cap',
    async run(scene) {
      const id = await product(scene);
      const url = `${scene.chatUrl}/api/chat/rooms/${id}`;
      await ask(scene.token('seller'), 'PATCH', url, { status: 200, body: { title: '새 제목' } });
      await ask(scene.token('ann'), 'PATCH', url, { status: 403, body: { title: '내 제목' } });
      const trade = `${scene.tradeUrl}/api/products/${id}`;
      await ask(scene.token('seller', ['seller']), 'PATCH', trade, { status: 200, body: { maxParticipants: 20 } });
      await room(scene, id, ({ maxParticipants }) => maxParticipants === 20);
    },
  },
  {
    name: 'errors have their status, code and type',
    async run(scene) {
      const token = scene.token('ann');
      for (const base of [scene.chatUrl, scene.tradeUrl]) {
        const api = base === scene.chatUrl ? `${base}/api/chat/rooms` : `${base}/api/products`;
        await ask(token, 'GET', `${api}/nothing-here`, { status: 404, code: 'NOT_FOUND' });
        await ask(token, 'DELETE', api, { status: 405, code: 'METHOD_NOT_ALLOWED' });
        const big = { title: 'x'.repeat(1_000_000) };
        const post = scene.token('ann', ['seller']);
        await ask(post, 'POST', api, { status: base === scene.chatUrl ? 403 : 413, body: big }).catch(
          (error: Error) => {
            // Whether the token or the length is looked at first is not the matter here.
            if (!/413|403/.test(error.message)) throw error;
          },
        );
        const answer = await fetch(api, {
          method: 'POST',
          headers: { ...bearer(post), 'content-type': 'application/json' },
          body: '{',
        });
        const type = answer.headers.get('content-type') ?? '';
        expect(answer.status >= 400 && answer.status < 500 && type.includes('problem+json'), 'a problem', type);
      }
    },
  },
  {
    name: 'readiness, metrics and descriptions',
    async run(scene) {
      for (const { url } of scene.services) {
        const ready = await fetch(`${url}/readyz`);
        const body = (await ready.json()) as { status: string };
        expect(ready.status === 200 && body.status === 'ready', 'ready', body);
        const metrics = await (await fetch(`${url}/metrics`)).text();
        expect(metrics.includes('# TYPE') && metrics.includes('process_cpu'), 'metrics', metrics.slice(0, 200));
        const description = (await (await fetch(`${url}/openapi.json`)).json()) as { openapi: string };
        expect(description.openapi.startsWith('3.'), 'OpenAPI 3', description.openapi);
      }
      const sockets = (await (await fetch(`${scene.chats[0]!.url}/asyncapi.json`)).json()) as { asyncapi: string };
      expect(sockets.asyncapi.startsWith('3.'), 'AsyncAPI 3', sockets.asyncapi);
    },
  },
];

/** Last, because it stops an instance; it is started again. */
export const STOP: Check = {
  name: 'a graceful stop tells clients to come back; what was acknowledged is there',
  async run(scene: Scene) {
    const id = await product(scene);
    const [chat] = scene.chats;
    const ann = await connect(scene, 'ann', chat!.url);
    await ann.join(id);
    const { seq } = await ann.say(id, '끄기 전에');
    const stopping = chat!.drain();
    await ann.frame('reconnect');
    const { code } = await ann.closed(15_000);
    expect(code === 4001, 'close 4001', code);
    const end = await stopping;
    expect(end?.code === 0, 'exit code 0', end);
    await chat!.start();
    const back = await connect(scene, 'ann', chat!.url);
    const { messages } = await back.join(id, seq - 1);
    expect(messages[0]?.content === '끄기 전에', 'what was said', messages);
    back.terminate();
  },
};
