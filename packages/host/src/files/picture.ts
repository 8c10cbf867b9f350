import type { FileRefusal } from '@gongu/shared';
import type { Sharp } from 'sharp';
import { blurhashOf } from './blurhash.ts';
import type { FileKind } from './kind-of.ts';

type Format = Extract<FileKind, { kind: 'picture' }>['format'];

/** Pixels of a picture at most, all frames together: what it takes to decode one. */
const MOST_PIXELS = 50_000_000;
/** Seconds for which a picture may be worked on. */
const MOST_SECONDS = 20;
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
  return new PictureRefused('BROKEN', 'The picture can not be decoded: it is damaged or cut off');
}
