import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
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
 * @param packages folders below `packages/`, each built for this
 * @param linked npm packages that are there too, with the folder below `packages/` through which they are found
 */
export function consumer(packages: readonly string[], linked: Readonly<Record<string, string>> = {}): Consumer {
  const root = mkdtempSync(join(tmpdir(), 'gongu-consumer-'));
  for (const name of packages) {
    const from = inRepository('packages', name);
    const to = join(root, 'node_modules/@gongu', name);
    mkdirSync(to, { recursive: true });
    const build = [inRepository('scripts/build-package.mjs'), join(to, 'dist')];
    const { status, stdout, stderr } = spawnSync(process.execPath, build, { cwd: from, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${name} was not built: ${stdout}${stderr}`);
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
