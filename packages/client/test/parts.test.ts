import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { readClaims } from '../src/connection/claims.ts';
import { newId } from '../src/new-id.ts';
import { browserStorage } from '../src/outbox/browser-storage.ts';
import { checkDraft } from '../src/outbox/check-draft.ts';
import { createMemoryStorage } from '../src/outbox/outbox-storage.ts';
import { createStore } from '../src/store.ts';
import { createSseParser, type SseEvent } from '../src/transport/sse-stream.ts';
import { STORAGE_CASES } from './fixture/storage-contract.ts';
import { testClock } from './fixture/time.ts';

function parse(chunks: readonly string[]): SseEvent[] {
  const events: SseEvent[] = [];
  const feed = createSseParser((event) => events.push(event));
  for (const chunk of chunks) feed(chunk);
  return events;
}

describe('the event stream', () => {
  test('has events of several lines, with a name or without, and comments are nothing', () => {
    expect(
      parse([': hello\n\nevent: head\ndata: {"seq":\ndata:3}\nid: 3\n\ndata\n\nretry: 5\n\ndata: last\n']),
    ).toEqual([
      { type: 'head', data: '{"seq":\n3}' },
      { type: 'message', data: '' },
    ]);
  });

  test('reads the same wherever it is cut, and whatever ends its lines', () => {
    const text = fc.string({ unit: fc.constantFrom('a', ' ', ':', '한', '{', '}') });
    const event = fc.record({
      type: text.filter((t) => t !== '' && !t.startsWith(' ')),
      lines: fc.array(text, { minLength: 1 }),
    });
    const cuts = fc.infiniteStream(fc.integer({ min: 1, max: 5 }));
    void fc.assert(
      fc.property(fc.array(event), fc.constantFrom('\n', '\r\n', '\r'), cuts, (events, eol, sizes) => {
        const lines = events.flatMap(({ type, lines }) => [
          `event: ${type}`,
          ...lines.map((line) => `data: ${line}`),
          '',
        ]);
        const whole = `${lines.map((line) => line + eol).join('')}:\n`;
        const chunks: string[] = [];
        for (let at = 0; at < whole.length; ) {
          const size = sizes.next().value;
          chunks.push(whole.slice(at, at + size));
          at += size;
        }
        expect(parse(chunks)).toEqual(events.map(({ type, lines }) => ({ type, data: lines.join('\n') })));
      }),
    );
  });
});

test('a large event that comes in tiny chunks costs what its length does', () => {
  const costMs = (chunks: number) => {
    const piece = '한국어 텍스트 12 bytes';
    const startedMs = performance.now();
    const events = parse(['data: ', ...Array.from({ length: chunks }, () => piece), '\n\n']);
    expect(events).toEqual([{ type: 'message', data: piece.repeat(chunks) }]);
    return performance.now() - startedMs;
  };
  // 100,000 chunks took minutes when each made all before it be looked at again; the best of three, for a busy machine.
  expect(Math.min(...[1, 2, 3].map(() => costMs(100_000)))).toBeLessThan(1_000);
});

describe('a store', () => {
  test('tells the first change at once and those of a burst together, and a listener that throws harms no other', async () => {
    const clock = testClock();
    const store = createStore(0, clock);
    const seen: number[] = [];
    const off = store.subscribe(() => seen.push(store.get()));
    store.set(1);
    expect(store.get()).toBe(1);
    await Promise.resolve();
    store.set(2);
    store.set(3);
    await clock.advance(15);
    expect(seen).toEqual([1]);
    await clock.advance(1);
    expect(seen).toEqual([1, 3]);
    store.set(3);
    await clock.advance(100);
    clock.set(0);
    store.set(4);
    await clock.advance(0);
    expect(seen).toEqual([1, 3, 4]);
    off();
    store.set(5);
    await clock.advance(100);
    expect(seen).toEqual([1, 3, 4]);
  });

  test('one function subscribed twice is two listeners', async () => {
    const clock = testClock();
    const store = createStore(0, clock);
    let told = 0;
    const listener = () => void told++;
    const [first, second] = [store.subscribe(listener), store.subscribe(listener)];
    first();
    store.set(1);
    await clock.advance(0);
    expect(told).toBe(1);
    second();
  });
});

describe("a token's claims", () => {
  const token = (claims: object) => `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.y`;

  test('are read whatever the script', () => {
    expect(readClaims(token({ sub: 'ann', exp: 5, nickname: '귤 좋아🍊', tag: '0042' }))).toEqual({
      userId: 'ann',
      nickname: '귤 좋아🍊',
      tag: '0042',
      expiresAtMs: 5_000,
      isAdmin: false,
    });
    expect(readClaims(token({ sub: 'ann', exp: 5, roles: ['seller', 'admin'] }))?.isAdmin).toBe(true);
    expect(readClaims(token({ sub: 'ann', exp: 5, roles: ['admin'], anon: true }))?.isAdmin).toBe(false);
    expect(readClaims(token({ sub: '🍊🍊🍊🍊🍊🍊🍊🍊🍊', exp: 5 }))?.nickname).toBe('🍊'.repeat(8));
  });

  test('of anything else are null, never a throw', () => {
    for (const bad of ['', 'a', 'a.b', 'a.b.c', token({}), token({ sub: 1, exp: 1 }), `x.${btoa('null')}.y`]) {
      expect(readClaims(bad)).toBeNull();
    }
    void fc.assert(fc.property(fc.string(), (any) => void readClaims(any)));
  });
});

test('ids are 32 hexadecimal digits and differ', () => {
  const ids = Array.from({ length: 1_000 }, newId);
  expect(new Set(ids).size).toBe(1_000);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
});

test('a draft is checked as the server does, for any text', () => {
  void fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 20 }), (content, most) => {
      const isGood = content !== '' && [...content].length <= most && !content.includes('\0');
      expect(checkDraft({ content }, most) === null).toBe(isGood);
    }),
  );
});

describe('the memory storage', () => {
  // One object is one place: it has no second visit.
  for (const each of STORAGE_CASES) {
    test(each.name, async () => {
      const storage = createMemoryStorage();
      await each.run(() => storage, 'any');
    });
  }
});

test('a browser whose quota is full keeps new drafts as long as the page, and forgets old ones for good', async () => {
  const items = new Map<string, string>();
  let isFull = false;
  vi.stubGlobal('localStorage', {
    get length() {
      return items.size;
    },
    key: (index: number) => [...items.keys()][index] ?? null,
    getItem: (key: string) => items.get(key) ?? null,
    setItem(key: string, value: string) {
      if (isFull) throw new DOMException('full', 'QuotaExceededError');
      items.set(key, value);
    },
    removeItem: (key: string) => void items.delete(key),
  });
  onTestFinished(() => void vi.unstubAllGlobals());
  const draft = (clientMessageId: string, content: string) => ({
    ...{ clientMessageId, content, userId: 'me', roomId: 'room-1', queuedAtMs: 1, error: null },
  });
  const storage = browserStorage();
  await storage.put(draft('old', 'before'));
  await storage.put(draft('changed', 'before'));
  isFull = true;
  await storage.put(draft('new', 'after'));
  await storage.put(draft('changed', 'after'));
  const contents = async () => (await storage.load('me')).map((one) => [one.clientMessageId, one.content]);
  expect(await contents()).toEqual([
    ['old', 'before'],
    ['changed', 'after'],
    ['new', 'after'],
  ]);
  for (const id of ['old', 'changed', 'new']) await storage.remove('me', id);
  expect(await contents()).toEqual([]);
  // After a reload.
  expect(await browserStorage().load('me')).toEqual([]);
});
