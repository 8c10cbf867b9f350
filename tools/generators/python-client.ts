import { join } from 'node:path';
import type { Generator, Run } from './generator.ts';

export const openapiPythonClient: Generator = {
  name: 'openapi-python-client',
  version: '0.29.1',
  language: 'Python',
  needs: ['python3'],
  told: '',
  install: (tools, run) => installPython(['openapi-python-client==0.29.1'], tools, run),
  async make(job) {
    const args = ['generate', '--path', job.document, '--output-path', job.folder, '--overwrite', '--fail-on-warning'];
    const formatterOff = 'post_hooks: []\n';
    job.write('config.yaml', formatterOff);
    await job.run(join(job.tools, 'bin/openapi-python-client'), [...args, '--config', join(job.folder, 'config.yaml')]);
    return runPython(job);
  },
};

/** A virtual environment with these packages. */
export async function installPython(packages: readonly string[], tools: string, run: Run): Promise<void> {
  await run('python3', ['-m', 'venv', tools]);
  await run(join(tools, 'bin/pip'), ['-q', '--disable-pip-version-check', 'install', ...packages]);
}

/** Compiles every module, and runs `call.py`. */
export async function runPython(job: Parameters<Generator['make']>[0]): Promise<readonly [string, string]> {
  job.copy(`${job.service}.py`, 'call.py');
  const python = join(job.tools, 'bin/python');
  await job.run(python, ['-m', 'compileall', '-q', '.']);
  return [python, 'call.py'];
}
