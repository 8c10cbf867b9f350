import { readFileSync } from 'node:fs';
import { certificateFault } from '../tls/certificate-fault.ts';

/** What `sslmode` may be: libpq's modes, and `no-verify` of node-postgres. */
const MODES: readonly string[] = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];
/** What `ssl` may be, as other programs write it, and what node-postgres takes for the same. */
const FLAGS = new Map([
  ['true', '1'],
  ['1', '1'],
  ['no-verify', 'no-verify'],
  ['false', '0'],
  ['0', '0'],
  ['disable', '0'],
]);
/** Parameters that name a file, and what it is for. */
const FILES = { sslrootcert: 'ca', sslcert: 'cert', sslkey: 'key' } as const;

/** What node-postgres 8 takes for `verify-full`, with a warning that it will not stay so. */
const FULL = new Set(['allow', 'prefer', 'require', 'verify-ca']);

/**
 * What the URL of a database says of TLS, in node-postgres's words: it takes `ssl=false` for a wish to encrypt, and
 * `sslrootcert=system` (libpq's own authorities) for the name of a file.
 */
export function settleTls({ searchParams: given }: URL): void {
  const flag = FLAGS.get(given.get('ssl') ?? '');
  if (flag !== undefined) given.set('ssl', flag);
  const isOfSystem = given.get('sslrootcert') === 'system';
  if (isOfSystem) given.delete('sslrootcert');
  const isFull = FULL.has(given.get('sslmode') ?? '') && given.get('uselibpqcompat') !== 'true';
  if (isOfSystem || isFull) given.set('sslmode', 'verify-full');
}

/**
 * What is wrong with what a URL says of TLS, its files included, in words that may follow its name; undefined: nothing.
 * node-postgres would take an unknown mode for `verify-full`, and end the process for an unknown `ssl`.
 */
export function tlsFault(url: string): string | undefined {
  const at = new URL(url);
  settleTls(at);
  const { searchParams: given } = at;
  const mode = given.get('sslmode') || 'disable';
  if (!MODES.includes(mode)) return `has an sslmode that is none of ${MODES.join(', ')}`;
  const flag = given.get('ssl');
  if (flag && !FLAGS.has(flag)) return 'has an ssl that is neither true nor false: say sslmode=…';
  const files: { ca?: Buffer; cert?: Buffer; key?: Buffer } = {};
  for (const [name, use] of Object.entries(FILES)) {
    const path = given.get(name);
    if (!path) continue;
    try {
      files[use] = readFileSync(path);
    } catch (error) {
      return `has an ${name} that can not be read: ${(error as Error).message}`;
    }
  }
  if ((files.cert === undefined) !== (files.key === undefined)) return 'must have sslcert and sslkey together';
  const fault = certificateFault(files);
  return fault === undefined ? undefined : `has certificates that can not be used: ${fault}`;
}
