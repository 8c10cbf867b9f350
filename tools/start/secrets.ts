import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { StartError } from '@gongu/host';
import { z } from 'zod';

const Secrets = z.object({ JWT_SECRET: z.string().min(32), SERVICE_JWT_SECRET: z.string().min(32) });
export type Secrets = z.output<typeof Secrets>;

/**
 * Secrets of this data folder, made at the first start and kept, so that tokens outlive a restart.
 *
 * @param file readable by its owner only
 * @throws StartError when the file holds something else
 */
export function keepSecrets(file: string): Secrets {
  if (existsSync(file)) return read(file);
  const made = () => randomBytes(48).toString('base64url');
  const secrets: Secrets = { JWT_SECRET: made(), SERVICE_JWT_SECRET: made() };
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
  return secrets;
}

function read(file: string): Secrets {
  try {
    return Secrets.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new StartError(`${file} is damaged: remove it, and new secrets are made (old tokens end)`, { cause });
  }
}
