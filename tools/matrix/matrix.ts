import { createLifecycle, type Lifecycle, type Terminal } from '@gongu/sim/supervise';
import type { Client } from './clients/client.ts';
import { COMPILED } from './clients/compiled.ts';
import { driveClient } from './clients/drive.ts';
import { JAVASCRIPT } from './clients/javascript.ts';
import type { Row } from './report.ts';
import { type Shop, startShop } from './shop.ts';
import { CHECKS, runSmoke } from './smoke/smoke.ts';
import { DATABASES } from './surroundings/databases.ts';
import { PROXIES } from './surroundings/proxies.ts';
import { REDIS } from './surroundings/redis.ts';
import { RUNTIMES } from './surroundings/runtimes.ts';
import type { Ground, Surrounding } from './surroundings/surrounding.ts';
import { Missing } from './workshop.ts';

export const SURROUNDINGS: readonly Surrounding[] = [...RUNTIMES, ...DATABASES, ...REDIS, ...PROXIES];
export const CLIENTS: readonly Client[] = [...JAVASCRIPT, ...COMPILED];

export interface MatrixOptions extends Omit<Ground, 'lifecycle'> {
  readonly lifecycle: Lifecycle;
  readonly terminal: Terminal;
  readonly wants: (name: string) => boolean;
  /** A process began, or ended (null). */
  readonly note: (name: string, pid: number | null) => void;
}

/** The smoke, in each surrounding after the other. */
export async function trySurroundings(options: MatrixOptions): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const { name, open } of SURROUNDINGS) {
    if (!options.wants(name) || options.lifecycle.stopping.aborted) continue;
    let detail = '';
    const row = await judge(options, name, async (lifecycle) => {
      const { versions, ...surroundings } = await open({ ...options, lifecycle });
      detail = versions;
      const shop = await startShop({ surroundings, lifecycle, note: options.note });
      const { held, failed } = await runSmoke(shop.scene, lifecycle.stopping, (check, why) => {
        if (why !== undefined) options.terminal.warn(`${name}: ${check}: ${why}`);
      });
      const errors = [...new Set(errorsOf(shop))];
      for (const error of errors) options.terminal.warn(`${name}: the log says ${error}`);
      const text = [`${held} of ${CHECKS.length}`, ...failed, ...shop.died, ...errors].join('; ');
      return { outcome: failed.length || shop.died.length || errors.length ? 'failed' : 'held', text };
    });
    rows.push({ ...row, detail });
  }
  return rows;
}

/** Each client after the other, against one system: this Node and the embedded PostgreSQL. */
export async function tryClients(options: MatrixOptions): Promise<readonly Row[]> {
  const wanted = CLIENTS.filter((one) => options.wants(`${one.name} ${one.version}, ${one.speaks}`));
  if (wanted.length === 0) return [];
  const { lifecycle } = options;
  const shop = await startShop({
    surroundings: { databaseUrl: await options.database() },
    lifecycle,
    note: options.note,
  });
  const rows: Row[] = [];
  for (const client of wanted) {
    if (lifecycle.stopping.aborted) break;
    const name = `${client.name} ${client.version}`;
    const row = await judge(options, `${name}, ${client.speaks}`, async () => {
      await driveClient(await client.prepare(options.workshop), shop.stage);
      return { outcome: 'held', text: 'yes' };
    });
    rows.push({ ...row, name, detail: client.speaks });
  }
  return rows;
}

/** A row, whatever becomes of it; what it started is stopped. */
async function judge(
  { lifecycle: whole, terminal }: MatrixOptions,
  name: string,
  work: (lifecycle: Lifecycle) => Promise<Pick<Row, 'outcome' | 'text'>>,
): Promise<Row> {
  const lifecycle = createLifecycle({ terminal });
  whole.add({ name, stop: lifecycle.stop, hurry: lifecycle.hurry });
  let row: Pick<Row, 'outcome' | 'text'>;
  try {
    row = await work(lifecycle);
  } catch (error) {
    const { message } = error as Error;
    row = { outcome: error instanceof Missing ? 'skipped' : 'failed', text: message };
  }
  await lifecycle.stop();
  const text = row.outcome === 'skipped' ? `not tried: ${row.text.split('\n')[0]}` : row.text;
  terminal.say(`${row.outcome.padEnd(7)} ${name}: ${text}`);
  return { ...row, name, detail: '', text };
}

/** What the services themselves call an error. */
function errorsOf({ lines }: Shop): string[] {
  return lines
    .filter(({ level }) => level === 'error' || level === 'fatal')
    .map(({ msg, event }) => `${event ?? ''} ${msg}`);
}
