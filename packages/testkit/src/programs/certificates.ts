import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Files in PEM, of a certificate authority of one's own. */
export interface TestCertificates {
  dir: string;
  /** The authority's certificate. */
  ca: string;
  /** A certificate for these names, and its key. */
  issue(name: string, subjects: readonly string[]): { cert: string; key: string };
  remove(): void;
}

/** Whether certificates can be made here: `openssl` is on the PATH. */
export function hasOpenssl(): boolean {
  return spawnSync('openssl', ['version'], { stdio: 'ignore' }).status === 0;
}

/** An authority, and what it issues, for a day. */
export function makeCertificates(): TestCertificates {
  const dir = mkdtempSync(join(tmpdir(), 'gongu-certificates-'));
  const run = (...args: string[]) => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const caFiles = ['-keyout', 'ca.key', '-out', 'ca.pem'];
  run('req', '-x509', ...newKey, ...caFiles, '-days', '1', '-subj', '/CN=gongu test authority');
  return {
    dir,
    ca: join(dir, 'ca.pem'),
    issue(name, subjects) {
      run('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
      writeFileSync(join(dir, `${name}.ext`), `subjectAltName=${subjects.join(',')}\n`);
      const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', `${name}.ext`];
      run('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.pem`, '-days', '1', ...by);
      return { cert: join(dir, `${name}.pem`), key: join(dir, `${name}.key`) };
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}
