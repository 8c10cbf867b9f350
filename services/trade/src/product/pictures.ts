import { AppError, type FileRefusal, PICTURE_ENDINGS, type Picture, pictureNames, type User } from '@gongu/shared';
import { requireSeller } from './permission.ts';
import type { LookAtPicture, PictureFiles } from './ports/picture-files.ts';
import type { PictureStore } from './ports/picture-store.ts';

export interface PicturesOptions {
  readonly store: PictureStore;
  readonly files: PictureFiles;
  readonly lookAt: LookAtPicture;
  /** SHA-256. */
  readonly digest: (bytes: Uint8Array) => Uint8Array;
  /** Largest picture; 0: none is taken. */
  readonly maxBytes: number;
  /** Pictures a user may upload in an hour; 0: any number. */
  readonly perHour: number;
  /** Bytes that all pictures of a user may have together; 0: any number. */
  readonly userBytes: number;
}

/** Rows of one statement. */
const PORTION = 100;

/** Pictures of products: uploaded by sellers, each under an id of its own, and shown to everybody. */
export function createPictures(options: PicturesOptions) {
  const { store, files, lookAt, digest, maxBytes, perHour, userBytes } = options;
  const mayPut = (user: User) => requireSeller(user, 'upload pictures of products');
  return {
    /** Whether one may, before his picture has come. @throws AppError ANONYMOUS_NOT_ALLOWED, FORBIDDEN (no seller) */
    mayPut,

    /**
     * Takes a picture. The same again under the same id gets the same answer; of what is refused nothing is kept.
     * @throws AppError ANONYMOUS_NOT_ALLOWED, FORBIDDEN (no seller), UPLOAD_REFUSED (what it is, too large, or too much with what he
     *   has), CONFLICT (the id has another picture), RATE_LIMITED, UNAVAILABLE, UNKNOWN_OUTCOME
     */
    async put(user: User, id: string, bytes: Uint8Array): Promise<Picture> {
      mayPut(user);
      if (maxBytes === 0) throw refused('OFF', 'No pictures are taken here');
      if (bytes.length === 0) throw refused('EMPTY', 'The file is empty');
      const begun = await store.begin(
        { id, userId: user.userId, digest: digest(bytes), bytes: bytes.length },
        perHour === 0 ? null : perHour,
        userBytes === 0 ? null : userBytes,
      );
      switch (begun.outcome) {
        case 'kept':
          return begun.picture;
        case 'taken':
          throw new AppError('CONFLICT', { detail: 'The id has another picture already: make a new one' });
        case 'too_many':
          throw new AppError('RATE_LIMITED', {
            detail: `At most ${perHour} pictures an hour are taken`,
            retryAfterMs: begun.amount,
          });
        case 'too_large':
          throw refused(
            'QUOTA',
            `The picture has ${bytes.length} bytes; you have ${begun.amount} of ${userBytes}: take pictures from products first`,
          );
      }
      const found = await lookAt(bytes);
      if (found.outcome === 'refused') {
        await store.refuse(id);
        throw refused(found.reason, found.detail);
      }
      const { thumbnail, ...kept } = found.picture;
      const names = pictureNames(id, kept.type);
      await Promise.all([
        files.write(keyOf(names.whole), kept.bytes, kept.type),
        files.write(keyOf(names.thumbnail), thumbnail, 'image/webp'),
      ]);
      const picture = await store.keep(id, kept);
      if (picture) return picture;
      await files.remove(keysOf(id));
      throw refused('GONE', 'The picture was given up meanwhile: upload it anew');
    },

    /** A picture or thumbnail by the name that its URL ends with; null: there is none. @throws AppError UNAVAILABLE */
    open: (name: string) => files.open(keyOf(name)),

    /** Removes the bytes of what no product has. What a killed process left undone is done here. */
    async removeLoose(): Promise<void> {
      for (;;) {
        const ids = await store.loose(PORTION);
        if (ids.length === 0) return;
        await files.remove(ids.flatMap(keysOf));
        await store.removed(ids);
      }
    },
  };
}
export type Pictures = ReturnType<typeof createPictures>;

function keyOf(name: string): string {
  return `products/${name}`;
}

/** Of whatever type it was: one that was never kept says nothing of it. */
function keysOf(id: string): string[] {
  const names = Object.keys(PICTURE_ENDINGS).map((type) => pictureNames(id, type));
  return [...new Set(names.flatMap((one) => Object.values(one)))].map(keyOf);
}

function refused(refusal: FileRefusal, detail: string): AppError {
  return new AppError('UPLOAD_REFUSED', { detail, refusal });
}
