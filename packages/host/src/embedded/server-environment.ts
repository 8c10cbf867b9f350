/** Environment of PostgreSQL's programs. Ours may hold PGPORT, PGDATA and the like, which they would obey. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
}
