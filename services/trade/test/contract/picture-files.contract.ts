import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PictureFiles } from '../../src/product/ports/picture-files.ts';

/** What every implementation of `PictureFiles` keeps to. */
export function pictureFilesContract(
  name: string,
  open: () => Promise<{ readonly files: PictureFiles; close(): Promise<void> }>,
): void {
  describe(`picture files contract: ${name}`, () => {
    let world: Awaited<ReturnType<typeof open>>;
    beforeAll(async () => {
      world = await open();
    });
    afterAll(() => world?.close());
    const textIn = async (key: string) => {
      const file = await world.files.open(key);
      return file && { bytes: file.bytes, text: (await buffer(file.body)).toString() };
    };

    it('shows what was written, in place of what was there, until it is removed', async () => {
      const { files } = world;
      const key = 'products/one.png';
      expect(await textIn(key)).toBeNull();
      await files.write(key, Buffer.from('first'), 'image/png');
      expect(await textIn(key)).toEqual({ bytes: 5, text: 'first' });
      await files.write(key, Buffer.from('second'), 'image/png');
      expect(await textIn(key)).toEqual({ bytes: 6, text: 'second' });
      await files.write('products/two.png', Buffer.from('two'), 'image/png');
      await files.remove([key, 'products/never.png']);
      expect(await textIn(key)).toBeNull();
      expect(await textIn('products/two.png')).toEqual({ bytes: 3, text: 'two' });
    });
  });
}
