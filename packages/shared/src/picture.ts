import { z } from 'zod';

/** A picture of a product, upright and without its metadata. Its URLs are paths of trade, and always show just this picture. */
export const Picture = z
  .object({
    id: z.string(),
    url: z.string(),
    width: z.int().meta({ description: 'pixels' }),
    height: z.int(),
    thumbnailUrl: z.string().meta({ description: 'WebP, its longer side at most 480 pixels' }),
  })
  .meta({ id: 'Picture' });
export type Picture = z.output<typeof Picture>;

/** An id that whoever uploads a picture has made for it. */
export const PictureId = z.uuid({ error: 'must be a UUID' }).toLowerCase();

/** What the names of files of a type end with. */
export const PICTURE_ENDINGS: Readonly<Record<string, string>> = {
  ...{ 'image/jpeg': 'jpg', 'image/png': 'png', 'image/webp': 'webp', 'image/gif': 'gif' },
};

/** Where trade shows pictures, in front of their names. */
const BASE = '/api/pictures/files/';

/** Names of the files of a picture: itself, and its thumbnail. */
export function pictureNames(id: string, type: string): { readonly whole: string; readonly thumbnail: string } {
  return { whole: `${id}.${PICTURE_ENDINGS[type]}`, thumbnail: `${id}-480.webp` };
}

/** A picture as products show it. */
export function shownPicture(row: { id: string; type: string; width: number; height: number }): Picture {
  const { whole, thumbnail } = pictureNames(row.id, row.type);
  return { id: row.id, url: BASE + whole, width: row.width, height: row.height, thumbnailUrl: BASE + thumbnail };
}
