import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { accepts } from '../network/accepts.ts';
import { freePort } from '../network/free-port.ts';

/** What tests install with `TEST_S3=install`, by Go: it takes some minutes, the first time. */
const VERSION = 'github.com/versity/versitygw/cmd/versitygw@v1.8.0';

/** An S3 that checks signatures, with one empty bucket. */
export interface TestS3 {
  readonly bucket: string;
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  close(): Promise<void>;
}

/** The path of `versitygw`: what `VERSITYGW` names, or what the PATH or Go's own folder has; `undefined` without one. */
export function versityGwProgram(): string | undefined {
  if (process.env.VERSITYGW) return process.env.VERSITYGW;
  const { stdout } = spawnSync('sh', ['-c', 'command -v versitygw'], { encoding: 'utf8' });
  const installed = join(process.env.GOBIN ?? join(process.env.GOPATH ?? join(homedir(), 'go'), 'bin'), 'versitygw');
  const found = stdout?.trim() || (existsSync(installed) ? installed : undefined);
  if (found || process.env.TEST_S3 !== 'install') return found;
  return spawnSync('go', ['install', VERSION], { stdio: 'inherit' }).status === 0 ? installed : undefined;
}

/** Close it at the end of the file. @throws Error where there is no program */
export async function startVersityGw(): Promise<TestS3> {
  const program = versityGwProgram();
  if (!program) throw new Error('there is no versitygw: run the tests once with TEST_S3=install, where Go is');
  const folder = await mkdtemp(join(tmpdir(), 'gongu-s3-'));
  const bucket = 'gongu-test';
  await mkdir(join(folder, 'data', bucket), { recursive: true });
  await mkdir(join(folder, 'sidecar'));
  const port = await freePort();
  const [accessKeyId, secretAccessKey] = ['gongu-access', 'gongu-secret-of-tests'];
  const gateway: ChildProcess = spawn(
    program,
    [
      ...['--port', `127.0.0.1:${port}`, '--quiet', '--cors-allow-origin', '*'],
      ...['posix', '--sidecar', join(folder, 'sidecar'), join(folder, 'data')],
    ],
    {
      env: { ...process.env, ROOT_ACCESS_KEY: accessKeyId, ROOT_SECRET_KEY: secretAccessKey },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  const gone = new Promise((resolve) => gateway.once('exit', resolve));
  while (gateway.exitCode === null && !(await accepts(port))) await sleep(20);
  return {
    ...{ bucket, endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', accessKeyId, secretAccessKey },
    async close() {
      gateway.kill();
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
