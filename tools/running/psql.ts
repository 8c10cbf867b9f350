import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runMain, StartError } from '@gongu/host';
import { runningSystem } from './running-system.ts';

/** libpq's variable for each parameter of a URL that may matter to it; Prisma's own are not for psql. */
const PARAMETERS: Readonly<Record<string, string>> = {
  host: 'PGHOST',
  port: 'PGPORT',
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  options: 'PGOPTIONS',
};
/** Where a name without a schema is looked for. */
const SEARCH = '-c search_path=chat,trade,public';

// `pnpm psql`: psql on the running system's database, or on that of DATABASE_URL. Arguments are psql's own.
await runMain('gongu', async () => {
  const env = runningSystem(process.env, ['DATABASE_URL']);
  const url = new URL(env.DATABASE_DIRECT_URL || env.DATABASE_URL);
  const program = find('psql', env.PATH ?? '');
  if (!program) {
    const place = `${url.hostname || 'localhost'}:${url.port || 5432}${url.pathname}`;
    throw new StartError(
      `there is no psql on the PATH (Debian, Ubuntu: postgresql-client). The database is ${place}, its user ${url.username}`,
    );
  }
  const child = spawn(program, process.argv.slice(2), { stdio: 'inherit', env: { ...env, ...libpqOf(url) } });
  // Ctrl-C is psql's: it ends a statement.
  process.on('SIGINT', () => {});
  process.exitCode = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
});

/** A connection as variables: a command line, with a password in it, is for everybody to read. */
function libpqOf({ hostname, port, username, password, pathname, searchParams }: URL): NodeJS.ProcessEnv {
  const fields: NodeJS.ProcessEnv = { PGOPTIONS: SEARCH };
  const set = (name: string, value: string) => {
    if (value !== '') fields[name] = decodeURIComponent(value);
  };
  set('PGHOST', hostname.replace(/^\[(.*)\]$/, '$1'));
  set('PGPORT', port);
  set('PGUSER', username);
  set('PGPASSWORD', password);
  set('PGDATABASE', pathname.slice(1));
  for (const [name, variable] of Object.entries(PARAMETERS)) {
    const value = searchParams.get(name);
    if (value) fields[variable] = variable === 'PGOPTIONS' ? `${SEARCH} ${value}` : value;
  }
  return fields;
}

function find(program: string, path: string): string | undefined {
  return path
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return statSync(file).isFile();
      } catch {
        return false;
      }
    });
}
