import type { Writable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as ws from 'ws';
import { textFrame, wsFraming } from '../../src/transport/ws-framing.ts';

// Exported by ws, and not in its types.
const { Receiver } = ws as unknown as { Receiver: new (options: object) => Writable };

/** The texts that `ws`'s own parser reads from these bytes. */
async function parsed(bytes: Buffer): Promise<string[]> {
  const texts: string[] = [];
  const receiver = new Receiver({ isServer: false, skipUTF8Validation: false });
  receiver.on('message', (data: Buffer, binary: boolean) => {
    expect(binary).toBe(false);
    texts.push(data.toString());
  });
  await new Promise<void>((resolve, reject) => {
    receiver.on('error', reject);
    receiver.end(bytes, resolve);
  });
  return texts;
}

describe('a framed text', () => {
  it('is read back by another implementation at each of the three length forms', async () => {
    for (const length of [0, 1, 125, 126, 127, 65_535, 65_536, 70_000]) {
      const text = 'x'.repeat(length);
      expect(await parsed(textFrame(text)), `${length} bytes`).toEqual([text]);
    }
    // RFC 6455 §5.2: the shortest form has to be used.
    expect([125, 126, 65_535, 65_536].map((n) => textFrame('x'.repeat(n)).length - n)).toEqual([2, 4, 4, 10]);
  });

  it('counts bytes, not characters: Korean around the borders of the length forms', async () => {
    for (const length of [41, 42, 43, 21_844, 21_845, 21_846]) {
      const text = '가'.repeat(length);
      expect(await parsed(textFrame(text)), `${length} characters`).toEqual([text]);
    }
  });

  it('follows others without a seam, whatever they hold', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme', maxLength: 300 }), { maxLength: 12 }), async (texts) => {
        const bytes = wsFraming.join(texts.map((text) => wsFraming.frame(text)));
        expect(await parsed(bytes)).toEqual(texts);
      }),
      { numRuns: 50 },
    );
  });
});
