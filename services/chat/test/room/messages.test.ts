import type { User } from '@gongu/shared';
import { describe, expect, it } from 'vitest';
import { createMessages } from '../../src/room/messages.ts';
import type { AppendOutcome, Draft } from '../../src/room/ports/message-store.ts';
import type { StoredMessage } from '../../src/room/ports/stored-message.ts';
import { storedMessage } from '../fixture/messages.ts';

const ann: User = { userId: 'ann', nickname: 'ann', tag: null, roles: [], anon: false, expiresAtMs: 0 };
const caller = { kind: 'user' as const, user: ann };

/** Messages on a store (at the port) that answers each draft as told. */
function given(answer: (draft: Draft) => AppendOutcome, rows: StoredMessage[] = []) {
  const told: StoredMessage[][] = [];
  const batches: number[] = [];
  const messages = createMessages({
    messages: {
      async append(drafts) {
        batches.push(drafts.length);
        return drafts.map(answer);
      },
      after: async (_, seq, limit) => rows.filter((row) => row.seq > seq).slice(0, limit),
      before: async (_, seq, limit) => rows.filter((row) => row.seq < (seq ?? Number.POSITIVE_INFINITY)).slice(-limit),
      pin: async () => ({ outcome: 'NOT_FOUND' }),
      react: async () => ({ outcome: 'NOT_FOUND' }),
      reactions: async () => [],
      own: async (asks) => asks.map(() => ({ reacted: {}, mentions: [] })),
      isWithin: async () => true,
      change: async () => {
        throw new Error('nobody changes anything here');
      },
      page: async () => {
        throw new Error('nobody asks for a page here');
      },
      newestNotice: async () => null,
    },
    emit(signal) {
      if (signal.kind === 'messages') told.push([...signal.messages]);
    },
    newId: () => 'made',
    observe: { appended() {}, stored() {} },
  });
  return { messages, told, batches };
}
const place = (outcome: 'stored' | 'duplicate', seq: number): AppendOutcome => ({
  ...{ outcome, seq, chatNo: seq, createdAt: '2026-01-01T00:00:00.000Z' },
});
const sending = (content: string) => ({ roomId: 'room', clientMessageId: content, content });

describe('sending', () => {
  it('tells a batch in one piece, before any of its senders is answered', async () => {
    let seq = 0;
    const { messages, told, batches } = given(() => place('stored', ++seq));
    const sends = ['a', 'b', 'c'].map(async (content) => {
      const { message } = await messages.send(caller, sending(content));
      expect(told.flat().map((one) => one.seq)).toContain(message.seq);
    });
    await Promise.all(sends);
    expect(batches).toEqual([3]);
    expect(told.map((batch) => batch.map((one) => one.content))).toEqual([['a', 'b', 'c']]);
  });

  it('answers a retry with what was stored first, and tells it again: perhaps nobody was told', async () => {
    const first = storedMessage(1, { content: 'first', clientMessageId: 'retried' });
    const { messages, told } = given(() => place('duplicate', 1), [first]);
    const { chatNo: _, ...message } = first;
    expect(await messages.send(caller, { ...sending('other'), clientMessageId: 'retried' })).toEqual({
      ...{ message, duplicate: true },
    });
    expect(told.flat()).toEqual([first]);
  });

  it('makes an id where the protocol has none, and tells nobody of what was refused', async () => {
    const ids: string[] = [];
    const { messages, told } = given((draft) => {
      ids.push(draft.clientMessageId);
      return { outcome: 'NOT_A_MEMBER' };
    });
    await expect(messages.send(caller, { roomId: 'room', content: 'x' })).rejects.toMatchObject({
      code: 'NOT_A_MEMBER',
    });
    expect(ids).toEqual(['made']);
    expect(told.flat()).toEqual([]);
  });

  it('refuses a reply to another room before anything is stored', async () => {
    const { messages, batches } = given(() => place('stored', 1));
    const reply = messages.send(caller, { ...sending('x'), replyTo: 'other:1' });
    await expect(reply).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    expect(batches).toEqual([]);
  });
});
