import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { StartError } from '@gongu/host';
import { readOptions } from '@gongu/testkit';

export const USAGE = `pnpm migration SERVICE NAME [--in FOLDER]

Writes prisma/SERVICE/migrations/NNNN_NAME/migration.sql: what leads from the migrations there are to schema.prisma and
functions/*.sql. Where nothing differs it says so and writes nothing. Needs no running PostgreSQL: it starts one of its
own, or uses that of TEST_DATABASE_URL, whose role must be allowed to create databases.

  SERVICE       chat or trade
  NAME          what the migration does, of a-z, 0-9 and _: invite_codes
  --in FOLDER   where the services' folders are. Default: prisma
`;

export interface MigrationArguments {
  /** Also the name of its PostgreSQL schema. */
  readonly service: string;
  /** Without a number. */
  readonly name: string;
  /** Holds `schema.prisma`, `functions/` and `migrations/`. */
  readonly dir: string;
}

/**
 * @param root folder of the repository
 * @returns null when only help is asked for
 * @throws StartError that says what is wrong, and how it is called
 */
export function readArguments(args: readonly string[], root: string): MigrationArguments | null {
  const options = { in: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const;
  const { values, positionals } = readOptions({ args: [...args], options, allowPositionals: true }, USAGE);
  if (values.help) return null;
  const refuse = (reason: string) => new StartError(`${reason}\n\n${USAGE}`);
  const prisma = values.in ?? join(root, 'prisma');
  if (!existsSync(prisma)) throw refuse(`${prisma} is missing`);
  const services = readdirSync(prisma).filter((one) => existsSync(join(prisma, one, 'schema.prisma')));
  const [service, name, ...more] = positionals;
  if (service === undefined || !services.includes(service)) {
    const given = service === undefined ? 'which service?' : `there is no service "${service}".`;
    throw refuse(`${given} Known: ${services.join(', ')}`);
  }
  if (name === undefined) throw refuse('what does the migration do? Give it a name');
  if (more.length > 0) throw refuse(`too many arguments: ${more.join(' ')}`);
  if (!/^[a-z][a-z0-9_]{0,59}$/.test(name)) {
    throw refuse(`"${name}" is no name of a migration: up to 60 of a-z, 0-9 and _, a letter first`);
  }
  return { service, name, dir: join(prisma, service) };
}
