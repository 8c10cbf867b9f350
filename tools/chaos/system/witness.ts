import { spawnSync } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readFileSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';

export interface WitnessOptions {
  /** Where the logs go. */
  readonly dir: string;
  /** Resident bytes that a process may have, by its name. */
  readonly boundOf: (name: string) => number;
}

const SAMPLE_MS = 1_000;
/** Quoted in full; the others would say the same. */
const LEAKS_KEPT = 50;

/** Watches processes from outside: what they write, how large they are, and whether they die. */
export function createWitness({ dir, boundOf }: WitnessOptions) {
  mkdirSync(dir, { recursive: true });
  const secrets = new Set<string>();
  const findLeak = createLeakFinder(() => secrets);
  const logs = new Map<string, WriteStream>();
  const watched = new Map<string, () => number | null>();
  const most = new Map<string, number>();
  const leaks: { log: string; line: string }[] = [];
  const deaths: string[] = [];
  const searched = new Set<string>();
  let lines = 0;
  const timer = setInterval(sample, SAMPLE_MS);

  function sample(): void {
    for (const [name, pid] of watched) {
      const bytes = residentBytes(pid());
      if (bytes !== null) most.set(name, Math.max(most.get(name) ?? 0, bytes));
    }
  }

  function read(log: string, text: string): void {
    if (text !== '') searched.add(log);
    for (const line of text.split('\n')) {
      lines += 1;
      const leak = findLeak(line);
      if (leak !== null && leaks.length < LEAKS_KEPT) leaks.push({ log, line: leak });
    }
  }

  return {
    dir,
    leaks: leaks as readonly { log: string; line: string }[],
    deaths: deaths as readonly string[],
    /** Logs in which something stood. */
    get searched() {
      return [...searched];
    },
    get lines() {
      return lines;
    },
    /** Something that must not stand in any log. */
    secret: (text: string) => void secrets.add(text),
    wrote: (log: string) => (text: string) => {
      let file = logs.get(log);
      if (!file) {
        file = createWriteStream(join(dir, `${log}.log`));
        logs.set(log, file);
      }
      file.write(text.endsWith('\n') ? text : `${text}\n`);
      read(log, text);
    },
    /** A log that something else writes, as a whole. */
    read,
    /** Resolves when everything that was written is in its file. */
    flushed: async () => {
      await Promise.all([...logs.values()].map((file) => new Promise((resolve) => file.write('', resolve))));
    },
    /** A text without the tokens and secrets that stand in it. */
    clean: (text: string): string => findLeak(text) ?? text,
    died: (reason: string) => void deaths.push(reason),
    /** @param pid asked for each sample; null while it does not run */
    watch: (name: string, pid: () => number | null) => void watched.set(name, pid),
    processes: () =>
      [...watched.keys()].map((name) => ({ name, maxRssBytes: most.get(name) ?? 0, boundBytes: boundOf(name) })),
    async stop() {
      clearInterval(timer);
      await Promise.all([...logs.values()].map((file) => new Promise<void>((resolve) => void file.end(resolve))));
    },
  };
}

function residentBytes(pid: number | null): number | null {
  if (pid === null) return null;
  try {
    if (existsSync('/proc/self/status')) {
      const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
      return kib === undefined ? null : Number(kib) * 1_024;
    }
    const kib = Number.parseInt(spawnSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }).stdout, 10);
    return Number.isInteger(kib) ? kib * 1_024 : null;
  } catch {
    return null; // it has just gone
  }
}

/** Three parts, the first of which begins with `{"`: a signed token, whosever it is. */
const TOKEN = /eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]+)?/g;

/**
 * Looks for tokens and secrets in lines of logs. Returns the line with what was found taken out; null when it is clean.
 *
 * @param secrets asked for each line: tickets and tokens are made as the run goes on
 */
export function createLeakFinder(secrets: () => Iterable<string>): (line: string) => string | null {
  return (line) => {
    let clean = line.replace(TOKEN, '[token]');
    for (const secret of secrets()) if (clean.includes(secret)) clean = clean.replaceAll(secret, '[secret]');
    return clean === line ? null : clean;
  };
}
