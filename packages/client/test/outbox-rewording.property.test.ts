import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMemoryStorage } from '../src/outbox/outbox-storage.ts';
import { changeServer, changing } from './fixture/change-server.ts';

const step = fc.record({
  what: fc.constantFrom(
    'send',
    'reword',
    'reword',
    'reword',
    'answer',
    'answer',
    'tell',
    'lostBefore',
    'lostAfter',
    'cut',
    'connect',
    'connect',
    'reload',
    'other',
  ),
  n: fc.nat(),
});

test('whatever is lost and reloaded, a message that is given another text on its way is stored once, in its place, and says in the end what was last written', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
      const server = changeServer();
      const me = await changing(server, createMemoryStorage());
      /** By the id of a message, in their order: what it is to say. */
      const wanted = new Map<string, string>();
      let n = 0;
      await me.connect();
      const isMine = ({ clientMessageId }: { readonly clientMessageId: string | null }) =>
        wanted.has(clientMessageId ?? '');
      /** Each is there once, with the text that was last written; where it stands depends on what is known. */
      const check = () => {
        const { messages, outgoing, changing } = me.room.getSnapshot();
        const shown = messages.flatMap((message) => (message.kind === 'CHAT' && isMine(message) ? [message] : []));
        const waiting = outgoing.filter(({ clientMessageId: id }) => !shown.some((one) => one.clientMessageId === id));
        const all = [...shown, ...waiting];
        expect(all.map(({ clientMessageId }) => clientMessageId)).toEqual([...wanted.keys()]);
        for (const { clientMessageId, content } of all) expect(content).toBe(wanted.get(clientMessageId!));
        expect(changing.filter(({ status }) => status === 'failed')).toEqual([]);
      };
      for (const { what, n: chance } of steps) {
        const ids = [...wanted.keys()];
        const id = ids[ids.length - 1 - (chance % Math.min(3, ids.length))];
        if (what === 'send') {
          const sent = me.room.send({ content: `text ${++n}` });
          if (sent.ok) wanted.set(sent.value, `text ${n}`);
        } else if (what === 'reword' && id !== undefined) {
          const content = chance % 5 === 0 ? `text ${ids.indexOf(id) + 1}` : `better ${++n}`;
          expect(me.room.edit(id, content)).toMatchObject({ ok: true });
          wanted.set(id, content);
        } else if (what === 'other') server.others.say(`other ${++n}`);
        else if (what === 'answer') me.answer(false, chance % 2 === 0);
        else if (what === 'lostBefore') me.answer('before', false);
        else if (what === 'lostAfter') me.answer('after', false);
        else if (what === 'tell') me.tell();
        else if (what === 'cut') me.cut();
        else if (what === 'connect') await me.connect();
        else if (what === 'reload') {
          me.cut();
          await me.reload();
          await me.connect();
        }
        check();
      }
      await me.connect();
      while (me.answer(false, false)) me.tell();
      me.tell();
      check();
      const { outgoing, changing: left } = me.room.getSnapshot();
      expect([outgoing, left]).toEqual([[], []]);
      const stored = server.rows.flatMap((row) => (row.kind === 'CHAT' && isMine(row) ? [row] : []));
      expect(stored.map(({ clientMessageId, content }) => [clientMessageId, content])).toEqual([...wanted]);
    }),
    { numRuns: 300 },
  );
});
