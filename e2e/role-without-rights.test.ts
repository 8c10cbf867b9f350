import { newSecret, spawnService, type TestDatabase, testDatabase } from '@gongu/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

let database: TestDatabase;
let owner: pg.Client;
beforeAll(async () => {
  database = await testDatabase();
  owner = new pg.Client({ connectionString: database.url });
  await owner.connect();
});
afterAll(async () => {
  await owner?.end();
  await database?.drop();
});

/** A role that may connect, and nothing else; its URL. */
async function roleOf(service: string): Promise<{ role: string; url: string }> {
  const role = `${service}_role_${process.pid}`;
  await owner.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x'`);
  onTestFinished(async () => void (await owner.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`)));
  const at = new URL(database.url);
  at.username = role;
  at.password = 'x';
  return { role, url: at.href };
}

describe.each(['chat', 'trade'])('%s with a role without rights', (service) => {
  const secrets = { JWT_SECRET: newSecret(), SERVICE_JWT_SECRET: newSecret() };
  function start(url: string) {
    const ports = { CHAT_PORT: '0', TRADE_PORT: '0', HOST: '127.0.0.1' };
    const run = spawnService({
      entry: `services/${service}/dist/main.mjs`,
      env: { ...secrets, ...ports, DATABASE_URL: url, ALLOWED_ORIGINS: '*', CONTENT_ENCRYPTION: 'off' },
    });
    onTestFinished(async () => void (await run.kill('SIGKILL')));
    return run;
  }
  async function refusal(url: string): Promise<string> {
    const run = start(url);
    expect(await run.exited).toMatchObject({ code: 1 });
    expect(run.stderr().trim().split('\n')).toHaveLength(1);
    return run.stderr().trim();
  }

  test('says in one line what it lacks, whatever it lacks, and starts once it is given', async () => {
    const { role, url } = await roleOf(service);
    expect(await refusal(url)).toMatch(
      new RegExp(`^${service}: migrating ${service} failed: permission denied for database`),
    );

    const first = start(database.url);
    await first.ready;
    await first.kill('SIGTERM');
    expect(await refusal(url)).toContain(
      `${service}: migrating ${service} failed: permission denied for schema ${service}`,
    );
    await owner.query(
      `GRANT USAGE ON SCHEMA ${service} TO ${role}; GRANT SELECT ON ALL TABLES IN SCHEMA ${service} TO ${role}`,
    );
    const said = await refusal(url);
    expect(said).toMatch(
      new RegExp(
        `^${service}: the role "${role}" lacks rights in the schema "${service}" \\(INSERT on \\w+, .+ and \\d+ more\\): connect as its owner, or GRANT `,
      ),
    );
    // What it says is enough.
    await owner.query(said.slice(said.indexOf('GRANT ')));
    const granted = start(url);
    await granted.ready;
    expect(await granted.kill('SIGTERM')).toMatchObject({ code: 0 });
  });
});
