import { join } from 'node:path';
import { dataDir, type ServiceParts } from '@gongu/host';
import { type ChatEnv, DEFAULT_DATA_DIR } from '../env.ts';
import { createFolderStore } from '../files/folder-store.ts';
import { createInspector } from '../files/inspector.ts';
import { createS3Store } from '../files/s3-store.ts';
import { createSignedPaths, FILES_PATH } from '../files/signed-paths.ts';
import type { FilePlace } from '../files/worker-data.ts';

/** Where files are, who looks at them, and, where the service itself takes and shows them, what its routes need. */
export async function openFiles({ env, clock, log }: ServiceParts<ChatEnv>, program: URL) {
  const now = () => clock.now();
  const place = placeOf(env);
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

function placeOf(env: ChatEnv): FilePlace {
  const { S3_BUCKET: bucket, S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (bucket === undefined) return { kind: 'folder', folder: join(dataDir({ DATA_DIR: env.DATA_DIR }), 'files') };
  const credentials = accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined;
  const { S3_ENDPOINT: endpoint, S3_REGION: region, S3_PATH_STYLE: pathStyle } = env;
  return { kind: 's3', s3: { bucket, region, endpoint, pathStyle, credentials } };
}
