import type { Check } from './check.ts';
import { connect, expect, product, type Scene, type Socket } from './scene.ts';

/** A room with these people in it, each on a socket of his own, the second and later ones at the other instance. */
async function among(
  scene: Scene,
  names: readonly string[],
  work: (roomId: string, ...sockets: Socket[]) => Promise<void>,
  fields: object = {},
): Promise<void> {
  const roomId = await product(scene, fields);
  const sockets: Socket[] = [];
  try {
    for (const name of names) {
      const socket = await connect(scene, name, sockets.length ? scene.otherUrl : scene.chatUrl);
      sockets.push(socket);
      await socket.join(roomId);
    }
    await work(roomId, ...sockets);
  } finally {
    for (const socket of sockets) socket.terminate();
  }
}

const texts = (socket: Socket, count: number) =>
  Promise.all(Array.from({ length: count }, () => socket.frame('message', ({ kind }) => kind === 'CHAT')));

/** Conversations by gongu.v1. */
export const TALK: readonly Check[] = [
  {
    name: 'what is said is acknowledged, and reaches the others with the same number',
    run: (scene) =>
      among(scene, ['ann', 'bob'], async (roomId, ann, bob) => {
        const content = '안녕하세요 👩‍👩‍👧‍👦 "<b>" \\ \u2028';
        const ack = await ann!.say(roomId, content);
        const heard = await bob!.frame('message', (one) => one.kind === 'CHAT');
        expect(heard.seq === ack.seq && heard.content === content, 'the same text and number', [ack, heard]);
      }),
  },
  {
    name: 'all hear one order without gaps',
    run: (scene) =>
      among(scene, ['ann', 'bob'], async (roomId, ann, bob) => {
        await Promise.all(
          Array.from({ length: 20 }, (_, i) => [ann!.say(roomId, `ann ${i}`), bob!.say(roomId, `bob ${i}`)]).flat(),
        );
        const [one, two] = [await texts(ann!, 40), await texts(bob!, 40)];
        const seqs = one.map(({ seq }) => seq);
        expect(
          seqs.every((seq, i) => i === 0 || seq === seqs[i - 1] + 1),
          'no gap',
          seqs,
        );
        const same = one.every(({ content }, i) => content === two[i].content);
        expect(same, 'the same order at both');
      }),
  },
  {
    name: 'a retry is stored once',
    run: (scene) =>
      among(scene, ['ann'], async (roomId, ann) => {
        const first = await ann!.say(roomId, '한 번', { clientMessageId: 'again' });
        const second = await ann!.say(roomId, '한 번', { clientMessageId: 'again' });
        expect(second.duplicate === true && second.seq === first.seq, 'the first number again', second);
      }),
  },
  {
    name: 'who was cut off comes back to all that was missed',
    run: (scene) =>
      among(scene, ['ann', 'bob'], async (roomId, ann, bob) => {
        const { seq } = await ann!.say(roomId, '마지막으로 들은 말');
        await bob!.frame('message', (one) => one.seq === seq);
        bob!.terminate();
        for (let i = 0; i < 10; i++) await ann!.say(roomId, `놓친 말 ${i}`);
        const back = await connect(scene, 'bob', scene.otherUrl);
        const { messages, recovered } = await back.join(roomId, seq);
        const said = messages.filter(({ kind }: { kind: string }) => kind === 'CHAT');
        expect(recovered === true && said.length === 10 && messages[0].seq === seq + 1, 'the ten', messages.length);
        back.terminate();
      }),
  },
  {
    name: 'read marks reach the others',
    run: (scene) =>
      among(scene, ['ann', 'bob'], async (roomId, ann, bob) => {
        const { seq } = await ann!.say(roomId, '읽었어요?');
        await bob!.frame('message', (one) => one.seq === seq);
        bob!.send({ type: 'read', roomId, seq });
        const mark = await ann!.frame('read');
        expect(mark.userId === 'bob' && mark.seq === seq, "bob's mark", mark);
      }),
  },
  {
    name: 'typing is told to the others',
    run: (scene) =>
      among(scene, ['ann', 'bob'], async (roomId, ann, bob) => {
        bob!.send({ type: 'typing', roomId, typing: true });
        const { user, typing } = await ann!.frame('typing');
        expect(user.userId === 'bob' && typing === true, 'bob to type', user);
      }),
  },
  {
    name: 'coming and going is told',
    run: (scene) =>
      among(scene, ['ann'], async (roomId, ann) => {
        const bob = await connect(scene, 'bob', scene.otherUrl);
        await bob.join(roomId);
        await ann!.frame('presence', ({ userId, online }) => userId === 'bob' && online);
        bob.close();
        await ann!.frame('presence', ({ userId, online }) => userId === 'bob' && !online);
      }),
  },
  {
    name: 'a host removes somebody, who does not come back at once',
    run: (scene) =>
      among(scene, ['seller', 'bob'], async (roomId, seller, bob) => {
        const url = `${scene.chatUrl}/api/chat/rooms/${roomId}/participants/bob`;
        const headers = { authorization: `Bearer ${scene.token('seller')}` };
        const { status } = await fetch(url, { method: 'DELETE', headers });
        expect(status === 204, '204', status);
        const isBob = ({ data }: { data?: { event: string; participant?: { userId: string } } }) =>
          data?.event === 'participant.removed' && data.participant?.userId === 'bob';
        await Promise.all([seller!.frame('message', isBob), bob!.frame('message', isBob)]);
        bob!.send({ type: 'join', ref: 'again', roomId });
        const { code } = await bob!.next(({ ref }) => ref === 'again');
        expect(code === 'RATE_LIMITED', 'RATE_LIMITED', code);
      }),
  },
  {
    name: 'who leaves is no member, and the host can not leave',
    run: (scene) =>
      among(scene, ['seller', 'bob'], async (roomId, seller, bob) => {
        bob!.send({ type: 'leave', ref: 'leave', roomId });
        expect((await bob!.next(({ ref }) => ref === 'leave')).type === 'ok', 'ok');
        const refused = await bob!.say(roomId, '저 나갔어요');
        expect(refused.code === 'NOT_A_MEMBER', 'NOT_A_MEMBER', refused);
        seller!.send({ type: 'leave', ref: 'leave', roomId });
        expect((await seller!.next(({ ref }) => ref === 'leave')).code === 'FORBIDDEN', 'FORBIDDEN');
      }),
  },
  {
    name: 'notices are the host’s',
    run: (scene) =>
      among(scene, ['seller', 'bob'], async (roomId, seller, bob) => {
        await seller!.say(roomId, '내일 마감합니다', { kind: 'NOTIFICATION' });
        await bob!.frame('message', ({ kind }) => kind === 'NOTIFICATION');
        const refused = await bob!.say(roomId, '공지', { kind: 'NOTIFICATION' });
        expect(refused.code === 'FORBIDDEN', 'FORBIDDEN', refused);
      }),
  },
  {
    name: 'a full room takes nobody more',
    run: (scene) =>
      among(
        scene,
        ['ann', 'bob', 'cho'],
        async (roomId) => {
          const late = await connect(scene, 'late');
          late.send({ type: 'join', ref: 'join', roomId });
          const { code } = await late.next(({ ref }) => ref === 'join');
          late.terminate();
          expect(code === 'ROOM_FULL', 'ROOM_FULL', code);
        },
        { maxParticipants: 3 },
      ),
  },
  {
    name: 'older pages, the longest text, and one that is too long',
    run: (scene) =>
      among(scene, ['ann'], async (roomId, ann) => {
        const longest = '😀'.repeat(4_000);
        const { seq } = await ann!.say(roomId, longest);
        const refused = await ann!.say(roomId, `${longest}!`);
        expect(refused.code === 'VALIDATION_FAILED', 'VALIDATION_FAILED', refused);
        ann!.send({ type: 'history', ref: 'page', roomId, before: seq + 1, limit: 1 });
        const page = await ann!.next(({ ref }) => ref === 'page');
        expect(page.messages[0]?.content === longest && page.hasMore === true, 'the longest text, and more');
      }),
  },
  {
    name: 'frames that are none are told, and the third one ends the socket',
    run: (scene) =>
      among(scene, ['ann'], async (_, ann) => {
        ann!.send({ type: 'dance', ref: 'x' });
        expect((await ann!.next(({ ref }) => ref === 'x')).code === 'UNKNOWN_TYPE', 'UNKNOWN_TYPE');
        for (let i = 0; i < 3; i++) ann!.send('no JSON');
        const { code } = await ann!.closed();
        expect(code === 4500, 'close 4500', code);
      }),
  },
];
