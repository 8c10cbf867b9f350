import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasOpenssl, inRepository, makeCertificates, type TestCertificates } from '@gongu/testkit';
import { afterAll, beforeAll, expect, suite, test } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/embedded/index.ts';
import { createPool, migrate, StartError, waitForPostgres } from '../src/index.ts';
import { tlsFault } from '../src/postgres/tls-parameters.ts';

const describe = suite.skipIf(!hasOpenssl());

let certificates: TestCertificates;
let strangers: TestCertificates;
let postgres: EmbeddedPostgres;
let dataDir: string;
/** What a client may show, another's, and the first one's key behind a passphrase. */
let client: ReturnType<TestCertificates['issue']>;
let other: ReturnType<TestCertificates['issue']>;
let sealed: string;

/** The URL with these parameters. */
function urlWith(parameters: Record<string, string>, host = '127.0.0.1'): string {
  const url = new URL(postgres.url);
  url.hostname = host;
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

/** What a start says of it, in one line and without the password. */
async function refusal(url: string): Promise<string> {
  const error = await waitForPostgres({ url, deadlineMs: 10_000 }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(StartError);
  const { message } = error as StartError;
  expect(message).not.toContain('\n');
  expect(message).not.toContain(new URL(url).password);
  return message;
}

describe('PostgreSQL over TLS', () => {
  beforeAll(async () => {
    certificates = makeCertificates();
    strangers = makeCertificates();
    const { cert, key } = certificates.issue('server', ['IP:127.0.0.1']);
    client = certificates.issue('client', ['DNS:client']);
    other = certificates.issue('other', ['DNS:other']);
    sealed = join(certificates.dir, 'sealed.key');
    execFileSync('openssl', ['pkey', '-in', client.key, '-aes256', '-passout', 'pass:x', '-out', sealed]);
    chmodSync(certificates.dir, 0o711);
    if (process.getuid?.() === 0) chownSync(key, Number(execFileSync('id', ['-u', 'postgres'])), 0);
    chmodSync(key, 0o600);
    dataDir = await mkdtemp(join(tmpdir(), 'gongu-tls-'));
    const settings = { ssl: 'on', ssl_cert_file: cert, ssl_key_file: key };
    postgres = await startEmbeddedPostgres({ dataDir, durable: false, settings });
  });
  afterAll(async () => {
    await postgres?.stop();
    if (postgres) await rm(postgres.place, { recursive: true, force: true });
    if (dataDir) await rm(dataDir, { recursive: true, force: true });
    certificates?.remove();
    strangers?.remove();
  });

  test.each([
    ['verify-full and the authority', () => ({ sslmode: 'verify-full', sslrootcert: certificates.ca })],
    ['require and the authority, which here is the same', () => ({ sslmode: 'require', sslrootcert: certificates.ca })],
    [
      'require as libpq takes it, which looks at no certificate',
      () => ({ sslmode: 'require', uselibpqcompat: 'true' }),
    ],
    ['no-verify', () => ({ sslmode: 'no-verify', channel_binding: 'require' })],
    ['ssl=true and the authority', () => ({ ssl: 'true', sslrootcert: certificates.ca })],
    [
      'a certificate of its own',
      () => ({ sslmode: 'verify-full', sslrootcert: certificates.ca, sslcert: client.cert, sslkey: client.key }),
    ],
  ])('%s: the wait, the migrations and the service are encrypted', async (_, parameters) => {
    const url = urlWith(parameters());
    await waitForPostgres({ url, deadlineMs: 10_000 });
    await migrate({ url, schema: 'chat', dir: inRepository('prisma/chat') });
    const pool = createPool({ url, schema: 'chat', max: 1 });
    const { rows } = await pool.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
    await pool.end();
    expect(rows).toEqual([{ ssl: true }]);
  });

  test.each(['false', '0', 'disable'])('ssl=%s is not encrypted', async (ssl) => {
    const url = urlWith({ ssl });
    await waitForPostgres({ url, deadlineMs: 10_000 });
    const pool = createPool({ url, schema: 'chat', max: 1 });
    const { rows } = await pool.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
    await pool.end();
    expect(rows).toEqual([{ ssl: false }]);
  });

  test.each(['allow', 'prefer', 'require', 'verify-ca', 'verify-full'])(
    'sslmode=%s refuses a certificate of nobody it knows',
    async (sslmode) => {
      const all: Record<string, string>[] = [{}, { sslrootcert: strangers.ca }];
      for (const files of all) {
        const said = await refusal(urlWith({ sslmode, ...files }));
        expect(said).toContain(
          `PostgreSQL at ${new URL(postgres.url).host}/gongu refuses: unable to verify the first certificate`,
        );
      }
    },
  );

  test('a certificate of another name is refused', async () => {
    const url = urlWith({ sslmode: 'verify-full', sslrootcert: certificates.ca }, 'localhost');
    expect(await refusal(url)).toContain(`refuses: Hostname/IP does not match certificate's altnames: Host: localhost`);
  });

  test('files that are not there, or are no certificates, are named', async () => {
    const nowhere = join(certificates.dir, 'nowhere.pem');
    for (const name of ['sslrootcert', 'sslcert', 'sslkey']) {
      expect(await refusal(urlWith({ sslmode: 'verify-full', [name]: nowhere }))).toContain(
        `can't be used: ENOENT: no such file or directory, open '${nowhere}'`,
      );
    }
    const junk = join(certificates.dir, 'junk.pem');
    writeFileSync(junk, 'no certificate');
    expect(await refusal(urlWith({ sslmode: 'verify-full', sslcert: junk, sslkey: junk }))).toMatch(
      /PEM|no start line/,
    );
  });

  test.each([
    [
      'sslmode=Require',
      'has an sslmode that is none of disable, allow, prefer, require, verify-ca, verify-full, no-verify',
    ],
    ['ssl=require', 'has an ssl that is neither true nor false: say sslmode=…'],
    [
      'sslmode=verify-full&sslrootcert=/no/where',
      "has an sslrootcert that can not be read: ENOENT: no such file or directory, open '/no/where'",
    ],
    ['sslmode=verify-full&sslcert=CERT', 'must have sslcert and sslkey together'],
    [
      'sslmode=verify-full&sslcert=CERT&sslkey=SEALED',
      'has certificates that can not be used: the key is encrypted, and nobody is asked for a passphrase',
    ],
    ['sslmode=verify-full&sslcert=CERT&sslkey=OTHER', 'has certificates that can not be used: key values mismatch'],
    ['sslmode=verify-full&sslrootcert=KEY', undefined],
  ])('an environment with %s', (query, fault) => {
    const given = query
      .replace('CERT', client.cert)
      .replace('KEY', client.key)
      .replace('SEALED', sealed)
      .replace('OTHER', other.key);
    expect(tlsFault(`postgresql://u:p@h/db?${given}`)).toBe(fault);
  });

  test.each(['ssl=true', 'ssl=1', 'sslmode=allow', 'sslmode=no-verify', 'ssl=no-verify', 'sslrootcert=system'])(
    '%s is taken',
    (query) => expect(tlsFault(`postgresql://u:p@h/db?${query}`)).toBeUndefined(),
  );

  test('a server without TLS is refused', async () => {
    const url = new URL(process.env.TEST_DATABASE_URL!);
    url.searchParams.set('sslmode', 'verify-full');
    expect(await refusal(url.href)).toContain('refuses: The server does not support SSL connections');
  });
});
