import { readMarkdown } from '@gongu/testkit';
import { describe, expect, it } from 'vitest';
import { chatOfThisFile } from '../fixture/chat.ts';
import { SERVICE } from '../fixture/tokens.ts';

const given = chatOfThisFile();

/** Lines of a room's changes, whole. */
const linesOf = (roomId: string) =>
  given.logs.of().filter((line) => line.roomId === roomId && /^(?:room|participant)\./.test(String(line.event)));

/** One of them, in the order in which the fields stand. */
function line(event: string, roomId: string, userId?: string): [string, unknown][] {
  return Object.entries({
    ...{ level: 'info', time: expect.any(String), service: 'chat', pid: process.pid, event, roomId },
    ...(userId === undefined ? {} : { userId }),
    msg: userId === undefined ? event.replace('.', ' ') : event,
  });
}

describe('a change of a room or of who is in it', () => {
  it('is one line, which says what, where and who; what changes nothing is none', async () => {
    const chat = await given.start();
    const roomId = await chat.room();
    const room = `/api/chat/rooms/${roomId}`;
    async function twice(method: string, path: string, options: { as: string; body?: unknown }) {
      for (let i = 0; i < 2; i++) expect((await chat.call(method, path, options)).status).toBeLessThan(300);
    }
    const commit = (userId: string, committed: boolean) =>
      twice('PUT', `${room}/participants/${userId}`, { as: SERVICE, body: { committed } });
    await twice('POST', `${room}/participants`, { as: 'ann', body: {} });
    const bob = await chat.connect('bob');
    for (let i = 0; i < 2; i++) await bob.join(roomId);
    await twice('PATCH', room, { as: 'seller', body: { title: '다른 방' } });
    await commit('cho', true);
    await commit('ann', true);
    await commit('cho', false);
    await bob.ask({ type: 'leave', roomId }, 'ok');
    await twice('DELETE', `${room}/participants/cho`, { as: 'cho' });
    await chat.call('POST', `${room}/participants`, { as: 'dan', body: {} });
    expect((await chat.call('DELETE', `${room}/participants/dan`, { as: 'seller' })).status).toBe(204);
    await twice('PATCH', room, { as: SERVICE, body: { status: 'CLOSED' } });
    expect((await chat.call('DELETE', room, { as: SERVICE })).status).toBe(204);
    const expected = [
      line('room.opened', roomId),
      line('participant.joined', roomId, 'ann'),
      line('participant.joined', roomId, 'bob'),
      line('room.updated', roomId),
      line('participant.committed', roomId, 'cho'),
      line('participant.committed', roomId, 'ann'),
      line('participant.uncommitted', roomId, 'cho'),
      line('participant.left', roomId, 'bob'),
      line('participant.left', roomId, 'cho'),
      line('participant.joined', roomId, 'dan'),
      line('participant.removed', roomId, 'dan'),
      line('room.closed', roomId),
      line('room.removed', roomId),
    ];
    expect(linesOf(roomId).map((one) => Object.entries(one))).toEqual(expected);

    const other = await chat.room();
    await twice('PATCH', `/api/chat/rooms/${other}`, { as: SERVICE, body: { status: 'CANCELLED' } });
    expect(linesOf(other).map((one) => Object.entries(one))).toEqual([
      line('room.opened', other),
      line('room.cancelled', other),
    ]);

    // And docs/operations.md names these and their fields.
    const rows = readMarkdown('docs/operations.md').table('Lines with an event');
    const events = new Set(
      linesOf(roomId)
        .concat(linesOf(other))
        .map((one) => String(one.event)),
    );
    for (const kind of ['room', 'participant']) {
      const row = rows.find((one) => one.event!.startsWith(`${kind}.`))!;
      expect(row.event!.split(', ').sort()).toEqual([...events].filter((one) => one.startsWith(kind)).sort());
      expect([row.level, row.fields]).toEqual(['info', kind === 'room' ? 'roomId' : 'roomId, userId']);
    }
  });
});
