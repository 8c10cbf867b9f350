import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inRepository } from '../repository.ts';

/** A project that uses our packages. */
export interface Consumer {
  readonly root: string;
  write(file: string, text: string): void;
  /** Runs JavaScript as a module; what it prints. @throws Error with what it complained of */
  run(script: string): string;
  /** Compiles files with these options; what the compiler says, empty when it is content. */
  compile(files: readonly string[], compilerOptions: object): string;
  remove(): void;
}

/**
 * A project outside of the repository with our packages as their users get them: built, with `publishConfig` in force.
 *
 * @param packages folders below `packages/`; each is built once a run of the tests
 * @param linked npm packages that are there too, with the folder below `packages/` through which they are found
 */
export function consumer(packages: readonly string[], linked: Readonly<Record<string, string>> = {}): Consumer {
  const root = mkdtempSync(join(tmpdir(), 'gongu-consumer-'));
  for (const name of packages) {
    const from = inRepository('packages', name);
    const to = join(root, 'node_modules/@gongu', name);
    mkdirSync(to, { recursive: true });
    cpSync(built(name), join(to, 'dist'), { recursive: true });
    const { publishConfig, ...manifest } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
    writeFileSync(join(to, 'package.json'), JSON.stringify({ ...manifest, ...publishConfig }));
  }
  for (const [name, owner] of Object.entries(linked)) {
    const to = join(root, 'node_modules', name);
    mkdirSync(dirname(to), { recursive: true });
    symlinkSync(inRepository('packages', owner, 'node_modules', name), to);
  }
  return {
    root,
    write(file, text) {
      writeFileSync(join(root, file), text);
    },
    run(script) {
      const file = join(root, 'run.mjs');
      writeFileSync(file, script);
      const { status, stdout, stderr } = spawnSync(process.execPath, [file], { cwd: root, encoding: 'utf8' });
      if (status !== 0) throw new Error(stderr);
      return stdout.trim();
    },
    compile(files, compilerOptions) {
      const options = { strict: true, noEmit: true, target: 'es2022', types: [], ...compilerOptions };
      writeFileSync(join(root, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files }));
      const { stdout, stderr } = spawnSync(inRepository('node_modules/.bin/tsc'), ['-p', root], { encoding: 'utf8' });
      return stdout + stderr;
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** The folder with the package as it is built: by the first of the run's files that asks for it. */
function built(name: string): string {
  const { TEST_PACKAGES: folder } = process.env;
  if (!folder) throw new Error('TEST_PACKAGES is not set: the global setup of @gongu/testkit sets it');
  const place = join(folder, name);
  if (existsSync(place)) return place;
  // Under another name until it is complete: another file may ask at the same time.
  const draft = mkdtempSync(`${place}-`);
  const build = [inRepository('scripts/build-package.mjs'), draft];
  const options = { cwd: inRepository('packages', name), encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, build, options);
  if (status !== 0) throw new Error(`${name} was not built: ${stdout}${stderr}`);
  try {
    renameSync(draft, place);
  } catch (error) {
    if (!existsSync(place)) throw error;
    rmSync(draft, { recursive: true }); // the other one was quicker
  }
  return place;
}
