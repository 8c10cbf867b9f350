import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundJsonPage, boundPage, messageBytes } from '../../src/room/page-bytes.ts';
import { storedMessage } from '../fixture/messages.ts';

const page = (sizes: readonly number[]) => sizes.map((size, i) => storedMessage(i + 1, { content: 'x'.repeat(size) }));
const seqs = (messages: readonly { seq: number }[]) => messages.map((message) => message.seq);

describe('a page bounded in bytes', () => {
  it('is the whole page when that fits', () => {
    const messages = page([10, 10, 10]);
    expect(boundPage(messages, 'oldest')).toEqual(messages);
    expect(boundPage(messages, 'newest')).toEqual(messages);
    expect(boundPage([], 'newest')).toEqual([]);
  });

  it('keeps the oldest when reading forward and the newest when reading back', () => {
    const messages = page([1_000, 1_000, 1_000, 1_000]);
    expect(seqs(boundPage(messages, 'oldest', { maxBytes: 2_700 }))).toEqual([1, 2]);
    expect(seqs(boundPage(messages, 'newest', { maxBytes: 2_700 }))).toEqual([3, 4]);
  });

  it('has at least one message, however large that one is', () => {
    const messages = page([10, 5_000, 9_000]);
    expect(seqs(boundPage(messages, 'newest', { maxBytes: 100 }))).toEqual([3]);
    expect(seqs(boundPage(messages, 'oldest', { maxBytes: 100 }))).toEqual([1]);
  });

  it('counts Korean as three bytes a character, and data too', () => {
    const korean = storedMessage(1, { content: '가'.repeat(100) });
    expect(messageBytes(korean) - messageBytes({ ...korean, content: '' })).toBe(300);
    expect(messageBytes(storedMessage(1, { content: korean.content, data: { a: 'x'.repeat(1_000) } }))).toBeGreaterThan(
      messageBytes(korean) + 1_000,
    );
  });

  it('keeps a page of 50 messages of 4 000 Korean characters below the send queue', () => {
    const messages = Array.from({ length: 50 }, (_, i) => storedMessage(i + 1, { content: '가'.repeat(4_000) }));
    const kept = boundPage(messages, 'newest');
    expect(Buffer.byteLength(JSON.stringify(kept))).toBeLessThan(524_288);
    expect(kept.at(-1)!.seq).toBe(50);
  });

  it('is always a piece without holes at the right end, within the bound or a single message', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(3_000), { maxLength: 20 }),
        fc.integer({ min: 1, max: 20_000 }),
        fc.constantFrom('oldest' as const, 'newest' as const),
        (sizes, maxBytes, keep) => {
          const messages = page(sizes);
          const kept = boundPage(messages, keep, { maxBytes });
          const end = keep === 'oldest' ? messages.slice(0, kept.length) : messages.slice(sizes.length - kept.length);
          expect(kept).toEqual(end);
          const bytes = (some: readonly (typeof messages)[number][]) => some.reduce((n, m) => n + messageBytes(m), 0);
          if (kept.length > 1) expect(bytes(kept)).toBeLessThanOrEqual(maxBytes);
          if (sizes.length > 0) expect(kept.length).toBeGreaterThan(0);
          // As much as fits: one more would be too much.
          const more = keep === 'oldest' ? messages.slice(0, kept.length + 1) : messages.slice(-(kept.length + 1));
          if (kept.length < sizes.length) expect(bytes(more)).toBeGreaterThan(maxBytes);
        },
      ),
    );
  });
});

describe('a page that is sent as JSON', () => {
  it.each(['"', '\u0001', '\\', '가', '🍊', 'x'])(
    'of texts full of %j is at most 256 KiB as sent, and as much as fits',
    (unit) => {
      const messages = page(Array.from({ length: 100 }, () => 2_000)).map((each) => ({
        ...each,
        content: unit.repeat(2_000),
      }));
      for (const keep of ['oldest', 'newest'] as const) {
        const kept = boundJsonPage(messages, keep);
        const bytes = Buffer.byteLength(JSON.stringify({ messages: kept, hasMore: true }));
        expect(bytes).toBeLessThanOrEqual(262_144);
        if (kept.length < messages.length) expect(bytes).toBeGreaterThan(262_144 - 14_000);
        expect(kept).toEqual(keep === 'oldest' ? messages.slice(0, kept.length) : messages.slice(-kept.length));
      }
    },
  );

  it('is the same page where it is far from that', () => {
    const messages = page([10, 20]);
    expect(boundJsonPage(messages, 'oldest')).toBe(messages);
  });
});
