import type { ChatMessage } from '@gongu/shared';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMemoryStorage } from '../src/outbox/outbox-storage.ts';
import { hasReacted } from '../src/room/room-state.ts';
import { changeServer, changing } from './fixture/change-server.ts';

const EMOJIS = ['👍', '🎉', '😂'];

const step = fc.record({
  what: fc.constantFrom(
    'send',
    'edit',
    'edit',
    'delete',
    'react',
    'react',
    'other',
    'otherDeletes',
    'otherEdits',
    'otherReacts',
    'answer',
    'answer',
    'answer',
    'tell',
    'lostBefore',
    'lostAfter',
    'cut',
    'connect',
    'connect',
    'reload',
  ),
  n: fc.nat(),
});

test('whatever is lost and reloaded, messages, edits and deletions are stored once each and in their order, reactions are as they were last wanted, nothing deleted comes back, and all sides end alike', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
      const server = changeServer();
      const me = await changing(server, createMemoryStorage());
      const asked: string[] = [];
      const contested = new Set<number>();
      /** Messages of which it was seen here that they are deleted. */
      const gone = new Set<number>();
      const texts = new Map<number, string>();
      /** By the message and the emoji: whether the own reaction is wanted. */
      const wanted = new Map<string, boolean>();
      let n = 0;
      await me.connect();
      // Something is there to be changed.
      for (; n < 3; n++) {
        asked.push(`send text ${n}`);
        me.room.send({ content: `text ${n}` });
        me.answer(false, false);
      }
      me.tell();
      const own = () =>
        me.room.getSnapshot().messages.filter(({ kind, sender }) => kind === 'CHAT' && sender?.userId === 'me');
      const check = () => {
        for (const message of me.room.getSnapshot().messages) {
          if (message.kind === 'SYSTEM') continue;
          if (gone.has(message.seq)) expect(message).toMatchObject({ content: '', deletedAt: expect.any(String) });
          const isPending = me.room.getSnapshot().changing.some(({ change }) => change.seq === message.seq);
          if (message.deletedAt && !isPending) gone.add(message.seq);
        }
      };
      for (const { what, n: chance } of steps) {
        const mine = own();
        const seq = mine[chance % Math.max(1, mine.length)]?.seq;
        if (what === 'send') {
          const content = `text ${++n}`;
          if (me.room.send({ content }).ok) asked.push(`send ${content}`);
        } else if (what === 'edit' && seq !== undefined) {
          const content = `better ${++n}`;
          if (me.room.edit(seq, content).ok) {
            texts.set(seq, content);
            const shown = me.room.getSnapshot().messages.find((message) => message.seq === seq);
            if (shown?.kind === 'CHAT' && !shown.deletedAt) expect(shown.content).toBe(content);
            asked.push(`edit ${seq} ${content}`);
          }
        } else if (what === 'delete' && seq !== undefined) {
          if (me.room.delete(seq).ok && !asked.includes(`delete ${seq}`)) asked.push(`delete ${seq}`);
          expect(own().find((message) => message.seq === seq)?.content).toBe('');
        } else if (what === 'react') {
          const said = me.room.getSnapshot().messages.filter(({ kind }) => kind === 'CHAT');
          const target = said[chance % Math.max(1, said.length)];
          const emoji = EMOJIS[chance % EMOJIS.length]!;
          const on = !wanted.get(`${target?.seq} ${emoji}`);
          if (target && me.room.react(target.seq, emoji, on).ok) {
            wanted.set(`${target.seq} ${emoji}`, on);
            const now = me.room.getSnapshot();
            const shown = now.messages.find(({ seq }) => seq === target.seq) as ChatMessage;
            if (!shown.deletedAt) expect(hasReacted(now, shown, emoji)).toBe(on);
          }
        } else if (what === 'otherReacts' && seq !== undefined && !server.current(seq).deletedAt) {
          server.others.react(seq, EMOJIS[chance % EMOJIS.length]!, chance % 4 < 3);
        } else if (what === 'other') server.others.say(`other ${++n}`);
        else if (what === 'otherDeletes' && seq !== undefined) server.others.delete(seq);
        else if (what === 'otherEdits' && seq !== undefined && !server.current(seq).deletedAt) {
          contested.add(seq);
          server.others.edit(seq, `elsewhere ${++n}`);
        } else if (what === 'answer') me.answer(false, chance % 2 === 0);
        else if (what === 'lostBefore') me.answer('before', false);
        else if (what === 'lostAfter') me.answer('after', false);
        else if (what === 'tell') me.tell();
        else if (what === 'cut') me.cut();
        else if (what === 'connect') await me.connect();
        else if (what === 'reload') {
          me.cut();
          await me.reload();
        }
        check();
      }
      await me.connect();
      while (me.answer(false, false)) me.tell();
      me.tell();
      check();

      const { messages, outgoing, changing: left } = me.room.getSnapshot();
      expect(outgoing).toEqual([]);
      expect(left.filter(({ status }) => status !== 'failed')).toEqual([]);
      expect(messages.filter(({ kind }) => kind === 'CHAT')).toEqual(server.rows.filter(({ kind }) => kind === 'CHAT'));
      // In the order in which they were asked, once each.
      expect(new Set(server.log).size).toBe(server.log.length);
      const places = server.log.map((entry) => asked.indexOf(entry));
      expect(places).toEqual([...places].sort((a, b) => a - b));
      expect(places).not.toContain(-1);
      expect(server.log.filter((entry) => entry.startsWith('send'))).toEqual(
        asked.filter((entry) => entry.startsWith('send')),
      );
      for (const entry of asked) {
        if (entry.startsWith('delete')) expect(server.current(Number(entry.split(' ')[1])).deletedAt).toBeDefined();
      }
      for (const [key, on] of wanted) {
        const [seq, emoji] = key.split(' ');
        const { deletedAt, reactions = [] } = server.current(Number(seq));
        const users = reactions.find((each) => each.emoji === emoji)?.users ?? [];
        if (!deletedAt) expect(users.some(({ userId }) => userId === 'me')).toBe(on);
      }
      // What nobody else has changed has the last of the own texts.
      for (const [seq, text] of texts) {
        const now = server.current(seq);
        if (!now.deletedAt && !contested.has(seq)) expect(now.content).toBe(text);
        if (contested.has(seq) || now.deletedAt) continue;
        expect(left.filter(({ change }) => change.seq === seq)).toEqual([]);
      }
    }),
    { numRuns: 300 },
  );
});
