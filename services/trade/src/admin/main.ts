import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  barCommands,
  createAdminService,
  createLog,
  envFields,
  holdCommands,
  personCommands,
  RESEAL_ENV,
  readEnv,
  runAdmin,
  webhookCommands,
} from '@gongu/host';
import { RoomId } from '@gongu/shared';
import { z } from 'zod';
import { openStore } from '../store/open-store.ts';
import { type AdminContext, addressCommands } from './address-commands.ts';

const AdminEnv = z.object({
  DATABASE_URL: envFields.url({ protocols: ['postgres:', 'postgresql:'] }),
  DATABASE_POOLER: z.enum(['none', 'session', 'transaction']).default('none'),
  ADDRESS_KEYS: envFields.sealingKeys().optional(),
  ...RESEAL_ENV,
});

/** Trade's commands, also for `pnpm admin`, which has chat's beside them. */
export const admin = createAdminService<AdminContext>({
  name: 'trade',
  commands: [
    ...barCommands<AdminContext>(),
    ...personCommands<AdminContext>('trade', 0),
    ...addressCommands,
    ...webhookCommands<AdminContext>(),
    ...holdCommands<AdminContext>({ group: 'products', kind: 'PRODUCT', operands: { productId: RoomId } }),
  ],
  async open(env) {
    const {
      DATABASE_URL: url,
      DATABASE_POOLER: pooler,
      ADDRESS_KEYS: addressKeys,
      ...serviceSecrets
    } = readEnv(AdminEnv, {
      ...env,
      DATABASE_URL: env.TRADE_DATABASE_URL || env.DATABASE_URL,
    });
    // What was changed for chat, the relay of a running instance finds within a second.
    const store = openStore({
      ...{ url, pooler, max: 3, addressKeys, onCommit: () => {} },
      log: createLog({ service: 'trade', level: 'fatal' }),
    });
    return { ...store, serviceSecrets };
  },
});

// As in the image: this file is what was started.
if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await runAdmin([admin]);
