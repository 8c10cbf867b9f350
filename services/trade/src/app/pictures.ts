import { createHash } from 'node:crypto';
import {
  createFolderStore,
  createS3Store,
  DEFAULT_DATA_DIR,
  filePlaceOf,
  HEAD_BYTES,
  kindOf,
  PICTURES_TAKEN,
  PictureRefused,
  pictureOf,
  type ServiceParts,
} from '@gongu/host';
import { AppError } from '@gongu/shared';
import type { TradeEnv } from '../env.ts';
import { createPictures } from '../product/pictures.ts';
import type { LookAtPicture } from '../product/ports/picture-files.ts';
import type { PictureStore } from '../product/ports/picture-store.ts';

const DAY_MS = 86_400_000;
/** Pixels of a picture's longer side: more is shown nowhere. */
const MOST_SIDE = 1_600;
/** Pictures that may wait to be looked at; each is as large as PICTURE_MAX_BYTES. */
const MOST_WAITING = 20;

/** Where pictures are, and who looks at them. */
export async function openPictures({ env, log, clock }: ServiceParts<TradeEnv>, store: PictureStore) {
  const place = filePlaceOf(env, 'pictures');
  const s3 = place.kind === 's3' ? await createS3Store({ place: place.s3 }) : null;
  const folder = place.kind === 'folder' ? createFolderStore({ folder: place.folder }) : null;
  const files = s3 ?? folder!;
  // What a process that was killed has left half written.
  await folder?.sweep(clock.now() - DAY_MS);
  if (place.kind === 'folder' && env.PICTURE_MAX_BYTES > 0 && env.DATA_DIR === DEFAULT_DATA_DIR) {
    log.warn(
      { event: 'files.folder', folder: place.folder },
      'files are in a folder of this machine: set S3_BUCKET for production',
    );
  }
  const pictures = createPictures({
    ...{ store, files, lookAt: createLookAt(), digest: sha256 },
    ...{ maxBytes: env.PICTURE_MAX_BYTES, perHour: env.RATE_PICTURES_PER_HOUR, userBytes: env.PICTURE_MAX_USER_BYTES },
  });
  return { pictures, close: () => s3?.close() };
}

/** Looks at one picture after the other: each takes as much memory as its pixels. */
function createLookAt(): LookAtPicture {
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();
  return (bytes) => {
    if (waiting >= MOST_WAITING) {
      const detail = 'Too many pictures wait to be looked at';
      return Promise.reject(new AppError('UNAVAILABLE', { detail, retryAfterMs: 5_000 }));
    }
    waiting += 1;
    const looked = last.then(() => lookAt(bytes)).finally(() => (waiting -= 1));
    last = looked.catch(() => {});
    return looked;
  };
}

const lookAt: LookAtPicture = async (bytes) => {
  const kind = kindOf(bytes.subarray(0, HEAD_BYTES), PICTURES_TAKEN);
  if (kind.kind === 'refused') return { outcome: 'refused', detail: kind.detail, reason: kind.reason };
  if (kind.kind === 'download') {
    return { outcome: 'refused', detail: `It is ${kind.type}: ${PICTURES_TAKEN}`, reason: 'TYPE' };
  }
  try {
    const { thumbnail, ...picture } = await pictureOf(bytes, kind.format, MOST_SIDE);
    return { outcome: 'kept', picture: { ...picture, thumbnail: thumbnail.bytes } };
  } catch (error) {
    if (error instanceof PictureRefused) return { outcome: 'refused', detail: error.message, reason: error.reason };
    throw error;
  }
};

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}
