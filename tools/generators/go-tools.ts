import { join } from 'node:path';
import type { Generator, Job, Run } from './generator.ts';

const OAPI = 'github.com/oapi-codegen/oapi-codegen/v2';
const OGEN = 'github.com/ogen-go/ogen';
/** The runtime that oapi-codegen's clients import. */
const OAPI_RUNTIME = 'github.com/oapi-codegen/runtime@v1.9.0';

export const oapiCodegen: Generator = {
  name: 'oapi-codegen',
  version: '2.8.2',
  language: 'Go',
  needs: ['go'],
  told: '',
  install: (tools, run) => goInstall(`${OAPI}/cmd/oapi-codegen@v2.8.2`, tools, run),
  async make(job) {
    await job.run('mkdir', ['api']);
    const args = ['-generate', 'types,client', '-package', 'api', '-o', 'api/api.go', job.document];
    await job.run(join(job.tools, 'oapi-codegen'), args);
    return build(job, OAPI_RUNTIME);
  },
};

export const ogen: Generator = {
  name: 'ogen',
  version: '1.25.0',
  language: 'Go',
  needs: ['go'],
  told: '',
  install: (tools, run) => goInstall(`${OGEN}/cmd/ogen@v1.25.0`, tools, run),
  async make(job) {
    await job.run(join(job.tools, 'ogen'), ['--target', 'api', '--package', 'api', '--clean', job.document]);
    return build(job, `${OGEN}@v1.25.0`);
  },
};

function goInstall(what: string, tools: string, run: Run): Promise<void> {
  return run('go', ['install', what], { env: { GOBIN: tools } }).then(() => {});
}

/** Builds `main.go` over the client in `api`, with the module of that version. */
export async function build(job: Job, required?: string): Promise<readonly [string]> {
  job.write('go.mod', 'module call\n\ngo 1.24\n');
  job.copy(`${job.service}.go`, 'main.go');
  if (required !== undefined) await job.run('go', ['get', required]);
  await job.run('go', ['mod', 'tidy']);
  await job.run('go', ['build', '-o', 'call', '.']);
  return [join(job.folder, 'call')];
}
