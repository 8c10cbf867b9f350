import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCommit, findCommit } from '../../against/commit.ts';

const BUILDS = `import { mkdirSync, writeFileSync } from 'node:fs';
mkdirSync('services/chat/dist', { recursive: true });
writeFileSync('services/chat/dist/main.mjs', 'of that commit');
`;

describe('a commit of a repository', () => {
  let place: string;
  let repository: string;
  const commits: Record<string, string> = {};
  const signal = new AbortController().signal;

  beforeAll(() => {
    place = mkdtempSync(join(tmpdir(), 'gongu-commit-'));
    repository = join(place, 'repository');
    mkdirSync(join(repository, 'scripts'), { recursive: true });
    git('init', '--quiet');
    writeFileSync(join(repository, 'package.json'), '{"name":"tiny","private":true}\n');
    const scripts = { builds: BUILDS, fails: "console.error('line 7 is wrong');process.exit(1)", forgets: '' };
    for (const [title, script] of Object.entries(scripts)) {
      writeFileSync(join(repository, 'scripts', 'build.mjs'), script);
      git('add', '.');
      git('-c', 'user.name=t', '-c', 'user.email=t@t', 'commit', '--quiet', '-m', title);
      commits[title] = git('rev-parse', 'HEAD').trim();
    }
  });
  afterAll(() => rmSync(place, { recursive: true, force: true }));

  function git(...args: string[]): string {
    const { status, stdout, stderr } = spawnSync('git', args, { cwd: repository, encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    return stdout;
  }
  const build = (title: string, folder: string, ended = signal) =>
    buildCommit({ repository, hash: commits[title]!, folder: join(place, folder), signal: ended });

  it('is found by what git knows it by', async () => {
    for (const given of ['HEAD~2', commits.builds!, commits.builds!.slice(0, 8)]) {
      const { hash, name } = await findCommit(repository, given);
      expect(hash).toBe(commits.builds);
      expect(name).toMatch(/^[0-9a-f]{7,} builds$/);
    }
  });

  it.each(['nonsense', 'deadbeef', '--all', '', 'HEAD:package.json'])(
    'that is not there is an error: %j',
    async (given) => {
      await expect(findCommit(repository, given)).rejects.toThrow(`no commit "${given}" here`);
    },
  );

  it('is built by its own script, in a folder of its own, and the repository stays as it is', async () => {
    const bundle = await build('builds', 'first');
    expect(bundle).toBe(join(place, 'first/services/chat/dist/main.mjs'));
    expect(readFileSync(bundle, 'utf8')).toBe('of that commit');
    expect(git('status', '--porcelain')).toBe('');
    expect(git('worktree', 'list').trim().split('\n')).toHaveLength(1);
  });

  it('that cannot be built says why', async () => {
    await expect(build('fails', 'second')).rejects.toThrow(
      `commit ${commits.fails!.slice(0, 10)} could not be built:\nline 7 is wrong`,
    );
    await expect(build('forgets', 'third')).rejects.toThrow('was built, but has no services/chat/dist/main.mjs');
  });

  it('is no longer built once that is ended', async () => {
    const ending = new AbortController();
    const reason = new Error('ended by SIGINT');
    const building = build('builds', 'fourth', ending.signal);
    ending.abort(reason);
    await expect(building).rejects.toBe(reason);
    expect(existsSync(join(place, 'fourth/services'))).toBe(false);
  });
});
