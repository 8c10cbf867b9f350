import type { Attachment, Command } from '@gongu/shared';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { chatError, failure, type Result, success } from '../src/chat-error.ts';
import type { Link } from '../src/connection/link.ts';
import type { Upload } from '../src/files/index.ts';
import { createOutbox } from '../src/outbox/outbox.ts';
import { createMemoryStorage } from '../src/outbox/outbox-storage.ts';
import { isWaiting } from '../src/outbox/outgoing.ts';
import { testClock } from './fixture/time.ts';

const ROOM = 'room';
const file = { name: 'a.pdf', type: 'application/pdf', size: 1 };
const upload = { file } as Upload;
const step = fc.record({
  what: fc.constantFrom('text', 'text', 'files', 'files', 'there', 'there', 'refused', 'retry', 'discard'),
  more: fc.constantFrom('answer', 'answer', 'lose', 'connect', 'connect', 'reload', 'no'),
  n: fc.nat(),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;
/** The files of the second are there as the first, whose are not, is given up: nothing else happens. */
const waitedForOneGivenUp: Step[] = [
  { what: 'files', more: 'answer', n: 0 },
  { what: 'files', more: 'answer', n: 0 },
  { what: 'text', more: 'connect', n: 0 },
  { what: 'there', more: 'answer', n: 470_868_909 },
  { what: 'discard', more: 'answer', n: 0 },
];

test('whatever becomes of files and connections, each message is stored once with its files; texts keep their order and wait for no file; those with files wait for one another', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const storage = createMemoryStorage();
      const clock = testClock();
      const stored = new Map<string, readonly string[]>();
      const given = new Set<string>();
      const order: string[] = [];
      let ids = 0;
      let link: Link | null = null;
      let asked: {
        command: Extract<Command, { type: 'send' }>;
        answer: (result: Result<{ seq: number }>) => void;
      } | null = null;
      const begin = async () => {
        const made = createOutbox({
          ...{ storage, clock, random: () => 0.5, newId: () => `${++ids}`, link: () => link },
          request: async () => failure('NOT_FOUND', ''),
          carrier: async () => ({ carry() {}, leave() {}, retry() {}, forget() {} }),
          ...{ filesBytes: 1_000, serverNow: () => 0, contentChars: () => 100, isShown: () => true },
          ...{ onSlowMode() {}, onReacted() {}, onChange() {} },
        });
        await made.own('me');
        return made;
      };
      let outbox = await begin();
      const connect = () => {
        link = {
          ask(command: Command, answer: NonNullable<typeof asked>['answer']) {
            expect(asked).toBeNull();
            const send = command as Extract<Command, { type: 'send' }>;
            const { outgoing } = outbox.of(ROOM);
            const at = outgoing.findIndex(({ clientMessageId }) => clientMessageId === send.clientMessageId);
            expect(isWaiting(outgoing[at]!)).toBe(false);
            const before = outgoing.slice(0, at).filter(({ status }) => status !== 'failed' && status !== 'sent');
            expect(before.filter(({ files }) => !files)).toEqual([]);
            if (outgoing[at]!.files) expect(before).toEqual([]);
            asked = { command: send, answer };
          },
          tell() {},
        } as unknown as Link;
        outbox.ready();
      };
      const lose = () => {
        const lost = asked;
        [link, asked] = [null, null];
        outbox.stop();
        lost?.answer(failure('CONNECTION_LOST', ''));
      };
      const answer = (isLost: boolean) => {
        if (!asked) return;
        const { command, answer: told } = asked;
        const { clientMessageId, attachments = [] } = command;
        if (!stored.has(clientMessageId)) order.push(clientMessageId);
        stored.set(clientMessageId, stored.get(clientMessageId) ?? attachments ?? []);
        if (isLost) return lose();
        asked = null;
        told(success({ seq: order.indexOf(clientMessageId) + 1 }));
      };
      const waiting = () => outbox.of(ROOM).outgoing.filter(isWaiting);
      const settle = (n: number, part: { attachment: Attachment } | { error: ReturnType<typeof chatError> }) => {
        const all = waiting();
        const one = all[n % Math.max(1, all.length)];
        if (!one) return;
        const at = one.files!.findIndex(({ attachment }) => !attachment);
        const files = one.files!.map(({ error: _, ...each }, i) => (i === at ? { ...each, ...part } : each));
        const error = 'error' in part ? part.error : null;
        outbox.amend(ROOM, one.clientMessageId, { files, status: error ? 'failed' : 'sending', error });
      };
      const there = (n: number) => settle(n, { attachment: { id: `file-${n}`, ...file, bytes: 1 } });

      const texts: string[] = [];
      for (const { what, more, n } of steps) {
        const { outgoing } = outbox.of(ROOM);
        const one = outgoing[n % Math.max(1, outgoing.length)];
        if (what === 'text') {
          const sent = outbox.add(ROOM, { content: `text ${n}` });
          if (sent.ok) texts.push(sent.value);
        } else if (what === 'files') {
          outbox.add(ROOM, { content: '', uploads: Array.from({ length: 1 + (n % 3) }, () => upload) });
        } else if (what === 'there') there(n);
        else if (what === 'refused') settle(n, { error: chatError('UPLOAD_REFUSED', '') });
        else if (what === 'retry' && one) outbox.retry(ROOM, one.clientMessageId);
        else if (what === 'discard' && one) {
          given.add(one.clientMessageId);
          outbox.discard(ROOM, one.clientMessageId);
        }
        if (more === 'answer') answer(false);
        if (more === 'lose') answer(true);
        if (more === 'connect' && !link) connect();
        if (more === 'reload') {
          lose();
          outbox = await begin();
        }
        // Where nothing is asked, nothing could be.
        if (link && !asked) {
          expect(outbox.of(ROOM).outgoing.filter((each) => !each.files && !/sent|failed/.test(each.status))).toEqual(
            [],
          );
        }
      }
      if (!link) connect();
      for (let i = 0; i < 500 && outbox.of(ROOM).outgoing.length > 0; i++) {
        for (const { clientMessageId } of outbox.of(ROOM).outgoing) outbox.retry(ROOM, clientMessageId);
        there(i);
        answer(false);
      }
      expect(outbox.of(ROOM).outgoing).toEqual([]);
      expect(await storage.load('me')).toEqual([]);
      expect(order.filter((id) => texts.includes(id))).toEqual(texts.filter((id) => stored.has(id)));
      for (const id of texts) expect(stored.has(id) || given.has(id)).toBe(true);
    }),
    { numRuns: 300, examples: [[waitedForOneGivenUp]] },
  );
});
