import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  adminCommand,
  BY,
  barCommands,
  createAdminService,
  createLog,
  envFields,
  holdCommands,
  personCommands,
  RESEAL_ENV,
  readEnv,
  runAdmin,
  StartError,
  type WebhookContext,
  webhookCommands,
} from '@gongu/host';
import { RoomId } from '@gongu/shared';
import { z } from 'zod';
import { openStore } from '../store/open-store.ts';

/** What commands act on: trade's database. */
type AdminContext = ReturnType<typeof openStore> & WebhookContext;

const AdminEnv = z.object({
  DATABASE_URL: envFields.url({ protocols: ['postgres:', 'postgresql:'] }),
  DATABASE_POOLER: z.enum(['none', 'session', 'transaction']).default('none'),
  ADDRESS_KEYS: envFields.sealingKeys().optional(),
  ...RESEAL_ENV,
});

const PORTION = 500;

const rotateAddresses = adminCommand({
  words: 'addresses rotate',
  does: 'seal by the first of ADDRESS_KEYS what its others sealed; beside running instances',
  options: { dryRun: z.boolean().optional().describe('only say how many'), by: BY },
  async run({ addresses }: AdminContext, { dryRun = false, by = null }) {
    if (addresses === null) throw new StartError('ADDRESS_KEYS is not set');
    const missing = await addresses.unknownKeys();
    if (missing.length > 0) throw new StartError(`ADDRESS_KEYS lacks, or has others as: ${missing.join(', ')}`);
    if (dryRun) {
      const others = await addresses.countOthers();
      return { json: { sealed: others, dryRun }, text: `${others} addresses would be sealed anew` };
    }
    let sealed = 0;
    for (let portion = PORTION; portion > 0; sealed += portion) portion = await addresses.reseal(PORTION);
    await addresses.noteRotated(sealed, by);
    return { json: { sealed }, text: `${sealed} addresses are sealed anew` };
  },
});

/** Trade's commands, also for `pnpm admin`, which has chat's beside them. */
export const admin = createAdminService<AdminContext>({
  name: 'trade',
  commands: [
    ...barCommands<AdminContext>(),
    ...personCommands<AdminContext>('trade', 0),
    rotateAddresses,
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
