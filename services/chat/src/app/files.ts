import { createFolderStore, createS3Store, DEFAULT_DATA_DIR, filePlaceOf, type ServiceParts } from '@gongu/host';
import type { ChatEnv } from '../env.ts';
import { createInspector } from '../files/inspector.ts';
import { createSignedPaths, FILES_PATH } from '../files/signed-paths.ts';

/** Where files are, who looks at them, and, where the service itself takes and shows them, what its routes need. */
export async function openFiles({ env, clock, log }: ServiceParts<ChatEnv>, program: URL) {
  const now = () => clock.now();
  const place = filePlaceOf(env, 'files');
  const inspector = createInspector({ program, place, scanUrl: env.UPLOAD_SCAN_URL ?? null });
  if (place.kind === 's3') {
    const files = await createS3Store({ place: place.s3, now });
    return { files, inspector, local: null, close: () => inspector.close().finally(files.close) };
  }
  // Nothing fails before another instance looks for a file, or the machine is replaced.
  if (env.UPLOAD_MAX_BYTES > 0 && (env.DATA_DIR === DEFAULT_DATA_DIR || env.REDIS_URL !== undefined)) {
    const { folder } = place;
    log.warn({ event: 'files.folder', folder }, 'files are in a folder of this machine: set S3_BUCKET for production');
  }
  const paths = createSignedPaths({ secret: env.SERVICE_JWT_SECRET, now });
  const files = createFolderStore({ folder: place.folder, paths });
  const local = { paths, files, base: FILES_PATH, maxBytes: env.UPLOAD_MAX_BYTES };
  return { files, inspector, local, close: () => inspector.close() };
}
export type Files = Awaited<ReturnType<typeof openFiles>>;
