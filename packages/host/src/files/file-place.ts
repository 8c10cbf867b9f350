import { join } from 'node:path';
import { z } from 'zod';
import { envFields } from '../env/env-fields.ts';
import { dataDir } from '../process/run-file.ts';
import type { S3Place } from './s3-store.ts';

/** Where files are unless told. */
export const DEFAULT_DATA_DIR = '.gongu';

/** Where files are: an S3, or a folder of this machine. Plain data: it can be handed to another thread. */
export type FilePlace =
  | { readonly kind: 's3'; readonly s3: S3Place }
  | { readonly kind: 'folder'; readonly folder: string };

/** Variables of a service that keeps files. */
export const filePlaceFields = {
  /** Folder that holds files where there is no S3. A relative path begins at the repository. */
  DATA_DIR: envFields.text(DEFAULT_DATA_DIR),
  /** Bucket of an S3 that holds the files; unset: a folder of DATA_DIR. */
  S3_BUCKET: z.string().trim().optional(),
  /** Where the S3 is, for the service and for browsers; unset: that of AWS. */
  S3_ENDPOINT: envFields.url({ protocols: ['http:', 'https:'], bare: true }).optional(),
  /** Region of the bucket. */
  S3_REGION: envFields.text('us-east-1'),
  /** Whether the bucket stands in the path of its URLs, not in the host's name. */
  S3_PATH_STYLE: envFields.bool(false),
  /** Who asks the S3; unset: as the machine's role or the AWS variables say. */
  S3_ACCESS_KEY_ID: z.string().trim().optional(),
  /** Its secret. */
  S3_SECRET_ACCESS_KEY: z.string().trim().optional(),
};

/** @param folder of DATA_DIR, where there is no S3 */
export function filePlaceOf(env: z.output<z.ZodObject<typeof filePlaceFields>>, folder: string): FilePlace {
  const { S3_BUCKET: bucket, S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (bucket === undefined) return { kind: 'folder', folder: join(dataDir({ DATA_DIR: env.DATA_DIR }), folder) };
  const credentials = accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined;
  const { S3_ENDPOINT: endpoint, S3_REGION: region, S3_PATH_STYLE: pathStyle } = env;
  return { kind: 's3', s3: { bucket, region, endpoint, pathStyle, credentials } };
}
