import type { FileRefusal } from '@gongu/shared';
import type { Sharp } from 'sharp';
import { blurhashOf } from './blurhash.ts';
import type { FileKind } from './kind-of.ts';

type Format = Extract<FileKind, { kind: 'picture' }>['format'];

/** Pixels of a picture at most, all frames together: what it takes to decode one. */
const MOST_PIXELS = 50_000_000;
/** Frames of one that moves, at most: each takes its time, however small it is. */
const MOST_FRAMES = 2_000;
/** Seconds for which a picture may be worked on. */
const MOST_SECONDS = 20;
const DAMAGED = 'The picture can not be decoded: it is damaged or cut off';
/** The type of a PNG's last part. */
const IEND = 0x49_45_4e_44;
/** Longest side of a thumbnail. */
const THUMBNAIL_SIDE = 480;

/** A picture as it is kept: upright, without its metadata. */
export interface Picture {
  readonly type: string;
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly thumbnail: {
    readonly bytes: Uint8Array;
    readonly width: number;
    readonly height: number;
    readonly blurhash: string;
  };
}

/** Why a picture is not taken. */
export class PictureRefused extends Error {
  readonly reason: FileRefusal;

  constructor(reason: FileRefusal, message: string) {
    super(message);
    this.reason = reason;
  }
}

/**
 * Decodes a picture and makes it anew, with a thumbnail (WebP).
 *
 * @param mostSide pixels of its longer side, at most; default: as it is
 * @throws PictureRefused
 */
export async function pictureOf(bytes: Uint8Array, format: Format, mostSide?: number): Promise<Picture> {
  // With the first picture: it takes its time and memory, and most programs that could look at one never do.
  const { default: sharp } = await import('sharp');
  sharp.concurrency(1);
  sharp.cache(false);
  const open = (animated: boolean) =>
    sharp(bytes, { animated, limitInputPixels: MOST_PIXELS, failOn: 'error' }).timeout({ seconds: MOST_SECONDS });
  try {
    const { format: decoded, compression, pages = 1 } = await open(false).metadata();
    const isAvif = decoded === 'heif' && compression === 'av1';
    if (format === 'avif' ? !isAvif : decoded !== format)
      throw new PictureRefused('BROKEN', `It is no ${format.toUpperCase()}`);
    if (pages > MOST_FRAMES) {
      const detail = `The picture has more than ${MOST_FRAMES} frames: make it shorter`;
      throw new PictureRefused('PICTURE_TOO_LARGE', detail);
    }
    if (!isWhole(bytes, format)) throw new PictureRefused('BROKEN', DAMAGED);
    const isMoving = pages > 1 && (format === 'gif' || format === 'webp');
    // What moves is never turned: its frames would be, all as one.
    const upright = isMoving ? open(true) : open(false).autoOrient();
    const fitting =
      mostSide === undefined
        ? upright
        : upright.resize({ width: mostSide, height: mostSide, fit: 'inside', withoutEnlargement: true });
    const [type, writer] = writerOf(fitting, format);
    const { data, info } = await writer.toBuffer({ resolveWithObject: true });
    const side = { width: THUMBNAIL_SIDE, height: THUMBNAIL_SIDE, fit: 'inside', withoutEnlargement: true } as const;
    const small = open(false).autoOrient().resize(side);
    const thumbnail = await small.webp({ quality: 75 }).toBuffer({ resolveWithObject: true });
    const dots = await sharp(thumbnail.data)
      .flatten({ background: '#fff' })
      .toColorspace('srgb')
      .resize({ width: 32, height: 32, fit: 'fill' })
      .raw()
      .toBuffer();
    return {
      ...{ type, bytes: data, width: info.width, height: info.pageHeight ?? info.height },
      thumbnail: {
        ...{ bytes: thumbnail.data, width: thumbnail.info.width, height: thumbnail.info.height },
        blurhash: blurhashOf(dots, { width: 32, height: 32 }),
      },
    };
  } catch (error) {
    if (error instanceof PictureRefused) throw error;
    throw refusalOf(error);
  }
}

/** How it is written. AVIF takes seconds to write (a picture of 24 megapixels 3.6 s), WebP not. */
function writerOf(picture: Sharp, format: Format): [type: string, writer: Sharp] {
  if (format === 'jpeg') return ['image/jpeg', picture.jpeg({ quality: 85 })];
  if (format === 'png') return ['image/png', picture.png()];
  if (format === 'gif') return ['image/gif', picture.gif()];
  return ['image/webp', picture.webp({ quality: 85 })];
}

function refusalOf(error: unknown): PictureRefused {
  const text = error instanceof Error ? error.message : '';
  if (/pixel limit/i.test(text)) {
    const most = `${MOST_PIXELS / 1_000_000} million pixels, all its frames together`;
    return new PictureRefused('PICTURE_TOO_LARGE', `The picture has more than ${most}: make it smaller`);
  }
  if (/timeout/i.test(text)) {
    return new PictureRefused('PICTURE_TOO_LARGE', 'The picture takes too long to decode: make it smaller');
  }
  return new PictureRefused('BROKEN', DAMAGED);
}

/** Whether it has its end. Decoders tell that of the other formats, but take a PNG without it, and a GIF as far as its frames go. */
function isWhole(bytes: Uint8Array, format: Format): boolean {
  if (format === 'png') return hasEndOfPng(bytes);
  return format !== 'gif' || hasEndOfGif(bytes);
}

/** Parts of four bytes of length, four of type, the content, and four of checksum; the last one is empty. */
function hasEndOfPng(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 8; at + 12 <= bytes.length; at += 12 + view.getUint32(at)) {
    if (view.getUint32(at + 4) === IEND) return true;
  }
  return false;
}

/** A head with a table of colours; then extensions, and frames with a head and such a table, both followed by blocks; then `;`. */
function hasEndOfGif(bytes: Uint8Array): boolean {
  const tableBytes = (flags: number) => (flags & 0x80 ? 3 << ((flags & 7) + 1) : 0);
  let at = 13 + tableBytes(bytes[10] ?? 0);
  while (at < bytes.length) {
    const kind = bytes[at++];
    if (kind === 0x3b) return true;
    // Some writers have zeros in between.
    if (kind === 0) continue;
    if (kind === 0x21) at += 1;
    else if (kind === 0x2c) at += 10 + tableBytes(bytes[at + 8] ?? 0);
    else return false;
    while (bytes[at]) at += 1 + bytes[at]!;
    at += 1;
  }
  return false;
}
