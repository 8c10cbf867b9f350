import type { Message, Room } from '@gongu/shared';
import { beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { said } from '../fixture/log-lines.ts';
import { eventOf, systemEventOf } from '../fixture/messages.ts';
import { joining } from '../fixture/opening.ts';
import { openPatientStore } from '../fixture/store.ts';
import { SERVICE } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
let other: Instance;
beforeAll(async () => {
  [chat, other] = await Promise.all([given.start(), given.start()]);
});

async function allMessages(roomId: string): Promise<Message[]> {
  const all: Message[] = [];
  for (let more = true; more; ) {
    const { body } = await chat.call<{ messages: Message[]; hasMore: boolean }>(
      'GET',
      `/api/chat/rooms/${roomId}/messages?limit=100&after=${all.at(-1)?.seq ?? 0}`,
      { as: SERVICE },
    );
    all.push(...body.messages);
    more = body.hasMore;
  }
  return all;
}

describe('200 senders against a close', () => {
  it('each know for sure: what was acknowledged is there, what was refused is not, and nothing follows the end', async () => {
    const roomId = await chat.room({ maxParticipants: 200 });
    const names = Array.from({ length: 200 }, (_, i) => `sender-${i}`);
    // On two instances, so that the database decides and no process.
    const clients = await Promise.all(names.map((name, i) => (i % 2 ? chat : other).connect(name)));
    await Promise.all(clients.map((client) => client.join(roomId)));
    const sends = clients.map(async (client, i) => {
      for (let n = 0, tries = 0; ; tries++) {
        const ref = `${tries}`;
        client.send({ type: 'send', ref, roomId, clientMessageId: `${i}-${n}`, content: said('끝까지') });
        const answer = await client.next((frame) => frame.ref === ref);
        if (answer.type === 'ack') n++;
        // On a busy machine the room may be locked for too long: not stored, says the answer.
        else if (answer.code !== 'UNAVAILABLE') return { code: answer.code as string, acknowledged: n, i };
      }
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const closed = await chat.call<Room>('PATCH', `/api/chat/rooms/${roomId}`, {
      ...{ as: SERVICE, body: { status: 'CANCELLED', reason: 'SELLER' } },
    });
    expect(closed.status).toBe(200);
    const results = await Promise.all(sends);
    expect(new Set(results.map((result) => result.code))).toEqual(new Set(['ROOM_READ_ONLY']));

    const messages = await allMessages(roomId);
    expect(messages.map((message) => message.seq)).toEqual(messages.map((_, i) => i + 1));
    expect(eventOf(messages.at(-1)!)).toBe('room.cancelled');
    const stored = messages.filter((message) => message.kind === 'CHAT').map((message) => message.clientMessageId!);
    const acknowledged = results.flatMap(({ i, acknowledged: count }) =>
      Array.from({ length: count }, (_, n) => `${i}-${n}`),
    );
    expect(stored.sort()).toEqual(acknowledged.sort());
    // And every socket was told every one of them, in order, exactly once, on both instances.
    const last = messages.at(-1)!.seq;
    for (const client of [clients[0]!, clients[1]!, clients[198]!, clients[199]!]) {
      if (!client.waiting('message').some((message) => message.seq === last)) {
        await client.event('message', (message) => message.seq === last);
      }
      const seqs = client.waiting('message').map((message) => message.seq);
      const first = seqs[0]!;
      expect(seqs.filter((seq) => seq !== last)).toEqual(Array.from({ length: last - first }, (_, i) => first + i));
    }
    for (const client of clients) client.terminate();
  });
});

describe('1 000 who join a room of 50', () => {
  it('are let in 50 times, over sockets, HTTP and two instances alike', async () => {
    const roomId = await chat.room({ maxParticipants: 50 });
    const sockets = await Promise.all(Array.from({ length: 100 }, (_, i) => (i % 2 ? chat : other).connect(`s-${i}`)));
    // On a busy machine the room may be locked, or a connection be waited for, for too long: not let in, says the answer.
    const untilKnown = async (ask: () => Promise<string | undefined>) => {
      let outcome: string | undefined;
      do outcome = await ask();
      while (outcome === 'UNAVAILABLE');
      return outcome;
    };
    const overSockets = sockets.map((client) =>
      untilKnown(async () => {
        client.send({ type: 'join', ref: 'j', roomId });
        const answer = await client.next((frame) => frame.ref === 'j');
        return answer.type === 'joined' ? 'in' : answer.code;
      }),
    );
    const overHttp = Array.from({ length: 100 }, (_, i) =>
      untilKnown(async () => {
        const path = `/api/chat/rooms/${roomId}/participants`;
        const { status, body } = await (i % 2 ? chat : other).call('POST', path, { as: `h-${i}`, body: {} });
        return status === 201 ? 'in' : body.code;
      }),
    );
    const store = openPatientStore({ url: given.databaseUrl, poolSize: 6 });
    const directly = Array.from({ length: 40 }, async (_, batch) => {
      const names = Array.from({ length: 20 }, (__, i) => joining(roomId, `d-${batch}-${i}`));
      const outcomes = await store.members.join(names);
      return outcomes.map(({ outcome }) => (outcome === 'joined' ? 'in' : outcome));
    });
    const results = (await Promise.all([...overSockets, ...overHttp, ...directly])).flat();
    await store.close();
    expect(results.filter((result) => result === 'in')).toHaveLength(50);
    expect(new Set(results)).toEqual(new Set(['in', 'ROOM_FULL']));
    const { body } = await chat.call<Room>('GET', `/api/chat/rooms/${roomId}`, { as: SERVICE });
    expect(body).toMatchObject({ participantCount: 50, lastSeq: 51 });
    const events = (await allMessages(roomId)).map(systemEventOf);
    expect(events.flatMap((data) => (data?.event === 'participant.joined' ? [data.participantCount] : []))).toEqual(
      Array.from({ length: 50 }, (_, i) => i + 1),
    );
    for (const client of sockets) client.terminate();
  });
});
