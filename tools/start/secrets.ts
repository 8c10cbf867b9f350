import { createECDH, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { StartError } from '@gongu/host';
import { z } from 'zod';

const Secrets = z.object({
  JWT_SECRET: z.string().min(32),
  SERVICE_JWT_SECRET: z.string().min(32),
  /** Files of earlier versions have not all of them. */
  PUSH_KEY: z.string().default(pushKey),
  ADDRESS_KEYS: z.string().default(sealingKey),
  CONTENT_KEYS: z.string().default(sealingKey),
  SHOP_JWT_SECRET: z.string().default(secret),
});
export type Secrets = z.output<typeof Secrets>;

/**
 * Secrets of this data folder, made at the first start and kept, so that tokens outlive a restart.
 *
 * @param file readable by its owner only
 * @throws StartError when the file holds something else
 */
export function keepSecrets(file: string): Secrets {
  const secrets = existsSync(file)
    ? read(file)
    : {
        ...{ JWT_SECRET: secret(), SERVICE_JWT_SECRET: secret(), PUSH_KEY: pushKey() },
        ...{ ADDRESS_KEYS: sealingKey(), CONTENT_KEYS: sealingKey(), SHOP_JWT_SECRET: secret() },
      };
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
  return secrets;
}

function read(file: string): Secrets {
  try {
    return Secrets.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new StartError(
      `${file} is damaged: mend it, or remove it together with the data: new secrets end old tokens, and no text that is stored can be read by them`,
      { cause },
    );
  }
}

function secret(): string {
  return randomBytes(48).toString('base64url');
}

/** A key of AES-256 by the name that the first one has. */
function sealingKey(): string {
  return `k1:${randomBytes(32).toString('base64')}`;
}

/** A private key of P-256, 32 bytes. */
function pushKey(): string {
  const pair = createECDH('prime256v1');
  pair.generateKeys();
  return Buffer.from(pair.getPrivateKey('hex').padStart(64, '0'), 'hex').toString('base64url');
}
