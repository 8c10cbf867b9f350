import { createCipheriv } from 'node:crypto';

/** Bytes of a cipher's block, in which one pair of characters is. */
const BLOCK = 16;

/** Bytes of a room's key. */
export const GRAM_KEY_BYTES = 16;

/**
 * What the index keeps of texts: of each pair of neighbouring characters 16 bits, which only who has the room's key can make,
 * behind 16 bits of the room, so that one index over all rooms finds those of one. AES takes the place of a keyed hash, since
 * it does all pairs of many texts in one call: a call of HMAC for each pair takes forty times as long.
 *
 * @param key of the room, `GRAM_KEY_BYTES` long
 * @param forms texts as `searchForm` makes them
 * @returns of each text the integers of 32 bits, ascending, each once; none for less than two characters
 */
export function gramsOf(key: Buffer, forms: readonly string[]): number[][] {
  const pairs = forms.map(pairsOf);
  const count = pairs.reduce((sum, { length }) => sum + length / 2, 0);
  // The first block is that of no pair: it gives the room its bits.
  const blocks = Buffer.alloc((count + 1) * BLOCK);
  blocks.fill(0xff, 0, BLOCK);
  let at = BLOCK;
  for (const characters of pairs) {
    for (let i = 0; i < characters.length; i += 2) {
      blocks.writeUInt32LE(characters[i]!, at);
      blocks.writeUInt32LE(characters[i + 1]!, at + 4);
      at += BLOCK;
    }
  }
  const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  const bits = cipher.update(blocks);
  const room = bits.readUInt16LE(0) << 16;
  at = BLOCK;
  return pairs.map((characters) => {
    const grams = new Set<number>();
    for (let i = 0; i < characters.length; i += 2) {
      grams.add(room | bits.readUInt16LE(at));
      at += BLOCK;
    }
    return [...grams].sort((one, other) => one - other);
  });
}

/** Each character beside the next one: the code points of all pairs, one after the other. */
function pairsOf(form: string): number[] {
  const pairs: number[] = [];
  let before = -1;
  for (const character of form) {
    const codePoint = character.codePointAt(0)!;
    if (before >= 0) pairs.push(before, codePoint);
    before = codePoint;
  }
  return pairs;
}
