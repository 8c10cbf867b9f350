import { probe } from '@gongu/testkit';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { call, type Pair, startPair } from './fixture/pair.ts';

const GRACE_S = 2;
let pair: Pair;
let sql: pg.Client;
beforeAll(async () => {
  pair = await startPair({ chats: 2, trade: false, chatEnv: { VISITOR_GRACE_S: String(GRACE_S) } });
  sql = new pg.Client({ connectionString: pair.databaseUrl });
  await sql.connect();
});
afterAll(async () => {
  await sql?.end();
  await pair?.stop();
});

it('a visitor whose instance is killed leaves the room by way of another one, some time after he was last seen', async () => {
  const [lives, dies] = pair.chats as [Pair['chat'], Pair['chat']];
  await pair.room('visited');
  const ann = await probe(lives.ws, { protocols: ['gongu.v1', `bearer.${pair.user('ann')}`] });
  ann.send({ type: 'join', ref: '1', roomId: 'visited' });
  await ann.next((frame) => frame.type === 'joined');

  const visitors = new Map<string, string>();
  for (const { ws, name } of [
    { ws: lives.ws, name: 'stays' },
    { ws: dies.ws, name: 'goes' },
  ]) {
    const socket = await probe(`${ws}/chat?sessionId=visited`);
    const { token } = await socket.next((frame) => frame.type === 'identity');
    visitors.set(name, JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()).sub);
  }
  const ofEvent = (event: string, name: string) =>
    ann.next(
      ({ type, data }) => type === 'message' && data?.event === event && data.participant.userId === visitors.get(name),
    );
  for (const name of visitors.keys()) await ofEvent('participant.joined', name);

  await dies.kill();
  const { rows } = await sql.query("SELECT seen_at FROM chat.members WHERE room_id = 'visited' AND user_id = $1", [
    visitors.get('goes'),
  ]);
  const left = await ofEvent('participant.left', 'goes');
  const keptMs = Date.parse(left.createdAt) - (rows[0].seen_at as Date).getTime();
  expect(keptMs).toBeGreaterThanOrEqual(GRACE_S * 1_000);
  expect(left.data).toMatchObject({ participantCount: 2 });
  const { body } = await call('GET', `${lives.url}/api/chat/rooms/visited/participants`, pair.service());
  const ids = (body.items as { userId: string }[]).map(({ userId }) => userId);
  expect(ids).toEqual(['seller', 'ann', visitors.get('stays')]);
  ann.terminate();
});
