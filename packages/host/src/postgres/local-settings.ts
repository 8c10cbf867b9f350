import pg from 'pg';
import { PatientClient } from './patient-client.ts';

/** What node-postgres writes to its connection; its types leave that out. */
interface Wire {
  parse(statement: { text: string }): void;
  bind(portal: { statement: string | undefined; values: unknown[] }): void;
  execute(portal: { portal: string }): void;
}

/** A query of node-postgres as it works on its connection; its types leave that out too. */
interface WireQuery {
  callback: Callback | undefined;
  requiresPreparation(): boolean;
  prepare(wire: Wire): void;
  handleDataRow(row: unknown): void;
  handleCommandComplete(message: unknown, wire: Wire): void;
}
type Callback = (error: Error | null, result?: pg.QueryResult) => void;
const WireQuery = pg.Query as unknown as new (config: object | string, values?: unknown) => WireQuery;

/** A statement `SELECT set_config(…, true), …` that goes ahead of each statement. */
interface Ahead {
  readonly text: string;
  /** It is prepared on this connection under this name. */
  readonly name?: string;
}

/** A query with the settings ahead of it: one round trip and, until its Sync, one transaction. */
class SettledQuery extends WireQuery {
  readonly #ahead: Ahead;
  #isAhead = true;

  constructor(ahead: Ahead, config: object | string, values: unknown) {
    super(config, values);
    this.#ahead = ahead;
  }

  override requiresPreparation(): boolean {
    return true;
  }

  override prepare(wire: Wire): void {
    const { text, name } = this.#ahead;
    if (name === undefined) wire.parse({ text });
    wire.bind({ statement: name, values: [] });
    wire.execute({ portal: '' });
    super.prepare(wire);
  }

  override handleDataRow(row: unknown): void {
    if (!this.#isAhead) super.handleDataRow(row);
  }

  override handleCommandComplete(message: unknown, wire: Wire): void {
    if (this.#isAhead) this.#isAhead = false;
    else super.handleCommandComplete(message, wire);
  }
}

const PROBE = 'gongu-probe';
const SETTINGS = 'gongu-settings';
const PROBE_SQL = `SELECT name FROM pg_catalog.pg_prepared_statements WHERE statement LIKE '%pg_prepared_statements%'`;

/**
 * A connection of a pooler in transaction mode: PostgreSQL's own may be another one for each transaction. What a session
 * would keep is set anew for each statement, in its transaction; names of prepared statements are left out where the
 * pooler does not keep them.
 */
export class PooledClient extends PatientClient {
  #ahead: Ahead | undefined;
  #hasNames = false;

  override query = ((config: pg.QueryConfig | string, values?: unknown[]) => {
    const ahead = this.#ahead;
    if (!ahead) return super.query(config as pg.QueryConfig, values);
    const query = new SettledQuery(
      ahead,
      this.#hasNames || typeof config === 'string' ? config : nameless(config),
      values,
    );
    return this.inTime(
      new Promise<pg.QueryResult>((resolve, reject) => {
        query.callback = (error, result) => (error ? reject(error) : resolve(result!));
        super.query(query as unknown as pg.Query);
      }),
    );
  }) as pg.Client['query'];

  /** From now on each statement runs under `settings`. @param text makes the statement that sets them */
  async settle(text: string): Promise<void> {
    this.#hasNames = await this.#keepsNames();
    if (this.#hasNames) await super.query({ name: SETTINGS, text });
    this.#ahead = this.#hasNames ? { text, name: SETTINGS } : { text };
  }

  /**
   * Whether the pooler keeps prepared statements for its clients, as PgBouncer does from 1.21 on where
   * `max_prepared_statements` is not 0: then it gives them names of its own. Only its administrators may ask it.
   */
  async #keepsNames(): Promise<boolean> {
    await super.query('BEGIN');
    try {
      const { rows }: pg.QueryResult<{ name: string }> = await super.query({ name: PROBE, text: PROBE_SQL });
      const isOurs = rows.some(({ name }) => name === PROBE);
      // It would stay with the pooler's connection, in the way of whoever asks next.
      if (isOurs) await super.query(`DEALLOCATE "${PROBE}"`);
      return rows.length > 0 && !isOurs;
    } catch (error) {
      // 42P05: a connection on which somebody else has prepared it.
      if ((error as { code?: string }).code !== '42P05') throw error;
      return false;
    } finally {
      await super.query('COMMIT');
    }
  }
}

/** The same without a name: not prepared to be kept. */
export function nameless(config: pg.QueryConfig): pg.QueryConfig {
  const { name: _, ...rest } = config;
  return rest;
}
