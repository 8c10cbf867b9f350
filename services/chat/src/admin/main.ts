import { envFields, readEnv, runMain, StartError } from '@gongu/host';
import { z } from 'zod';
import type { RoomStore } from '../room/ports/room-store.ts';
import { openStore } from '../store/open-store.ts';

const USAGE = `pnpm admin COMMAND [--json]

Acts on chat's database, the one of DATABASE_URL. Exit code 0: done; 1: not done, and why is on standard error.

  restored   after a backup was restored: clients drop what they have of all rooms, and load it anew. While chat is stopped.
  --json     the answer as one line of JSON
`;

const AdminEnv = z.object({
  DATABASE_URL: envFields.url({ protocols: ['postgres:', 'postgresql:'] }),
  DATABASE_POOLER: z.enum(['none', 'session', 'transaction']).default('none'),
});

/** By their names: what each does, and says when it is done. */
const COMMANDS = { restored };

await runMain('admin', async () => {
  const [name, ...options] = process.argv.slice(2).filter((word) => word !== '--');
  if (name === '--help' || name === '-h') return void process.stdout.write(USAGE);
  if (name === undefined || !Object.hasOwn(COMMANDS, name)) {
    throw new StartError(`${name === undefined ? 'which command?' : `there is no command "${name}"`}\n\n${USAGE}`);
  }
  const unknown = options.find((option) => option !== '--json');
  if (unknown !== undefined) throw new StartError(`there is no option "${unknown}"\n\n${USAGE}`);
  const { DATABASE_URL: url, DATABASE_POOLER: pooler } = readEnv(AdminEnv, process.env);
  const store = openStore({ url, pooler, poolSize: 3 });
  try {
    const { text, ...answer } = await COMMANDS[name as keyof typeof COMMANDS](store);
    process.stdout.write(options.includes('--json') ? `${JSON.stringify(answer)}\n` : `${text}\n`);
  } finally {
    await store.close();
  }
});

/** Gives all rooms another epoch, with a row of audit. */
async function restored({ rooms }: { rooms: Pick<RoomStore, 'renewEpochs'> }) {
  const renewed = await rooms.renewEpochs();
  return { rooms: renewed, text: `${renewed} rooms have another epoch` };
}
