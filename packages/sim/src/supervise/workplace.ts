import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { dataDir } from '@gongu/host';
import { endLeftover, takeOwnership } from '@gongu/host/embedded';
import { createRegister, endLeftovers } from './leftovers.ts';
import type { Terminal } from './terminal.ts';

/** The folder of one run, which is there for as long as the run. */
export interface Workplace {
  readonly path: string;
  /** Path of something in it. */
  file(name: string): string;
  /** A process of this run; null: it has ended. */
  note(name: string, pid: number | null): void;
  /** Removes the folder, and whatever PostgreSQL keeps elsewhere for it. */
  remove(): void;
}

export interface WorkplaceOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Folder in DATA_DIR. */
  readonly name: string;
  /** Names of the processes in the order in which leftovers are ended. */
  readonly order: readonly string[];
  readonly terminal: Terminal;
}

/** Longest wait for a leftover to end by itself. */
const PATIENCE_MS = 10_000;

/**
 * An empty folder in DATA_DIR for this process alone. What a killed run has left there, processes included, is ended
 * and removed first.
 *
 * @throws StartError while another run uses it
 */
export async function openWorkplace({ env, name, order, terminal }: WorkplaceOptions): Promise<Workplace> {
  const parent = dataDir(env);
  const path = join(parent, name);
  const file = (one: string) => join(path, one);
  const owner = 'owner.json';
  // As root, PostgreSQL runs as another user, who must be able to pass through.
  mkdirSync(path, { recursive: true, mode: 0o711 });
  takeOwnership({ root: path, owner: file(owner) });
  await endLeftovers({ file: file('children.json'), order, patienceMs: PATIENCE_MS, terminal });
  const place = await endLeftover({ dataDir: path });
  rmSync(place, { recursive: true, force: true });
  for (const other of readdirSync(path)) if (other !== owner) rmSync(file(other), { recursive: true, force: true });
  const register = createRegister(file('children.json'));

  return {
    path,
    file,
    note: register.note,
    remove() {
      if (existsSync(place)) rmSync(place, { recursive: true, force: true });
      rmSync(path, { recursive: true, force: true });
      try {
        rmdirSync(parent);
      } catch {
        // It is not empty: somebody else's.
      }
    },
  };
}
