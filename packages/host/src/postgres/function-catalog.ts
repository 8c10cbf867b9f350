import pg from 'pg';
import { StartError } from '../process/start-error.ts';
import type { FunctionFile } from './function-files.ts';

/** A function as PostgreSQL's catalogue has it; every name in these texts has its schema. */
export interface CatalogFunction {
  oid: number;
  name: string;
  /** `schema.name(types)`: what DROP FUNCTION wants, and what CREATE OR REPLACE finds again. */
  signature: string;
  /** Arguments with names and defaults, and the result: what CREATE OR REPLACE can't change. */
  shape: string;
  /** The whole statement: arguments, result, language, volatility, settings, body. */
  definition: string;
}

/** Functions of `schema`, but those of extensions. */
export async function readFunctionCatalog(client: pg.Client, schema: string): Promise<CatalogFunction[]> {
  await client.query(`SET LOCAL search_path = ''`); // else names in it are shown without their schema
  const { rows } = await client.query<CatalogFunction>(
    `SELECT p.oid::int, p.proname AS name, p.oid::regprocedure::text AS signature,
       pg_get_function_arguments(p.oid) || ' -> ' || pg_get_function_result(p.oid) AS shape,
       replace(pg_get_functiondef(p.oid), E'\\r\\n', E'\\n') AS definition
     FROM pg_proc p
     WHERE p.pronamespace = $1::regnamespace AND p.prokind <> 'a'
       AND NOT EXISTS (SELECT FROM pg_depend d
                       WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
     ORDER BY 3`,
    [pg.escapeIdentifier(schema)],
  );
  await client.query(`SET LOCAL search_path = ${pg.escapeIdentifier(schema)}`);
  return rows;
}

/**
 * Those that PostgreSQL knows to need one of `oids`, directly or not, `oids` included: bodies that are no text
 * (`RETURN …`, `BEGIN ATOMIC`) are bound to what they call.
 */
export async function withDependants(client: pg.Client, oids: readonly number[]): Promise<Set<number>> {
  const { rows } = await client.query<{ oid: number }>(
    `WITH RECURSIVE needing AS (
       SELECT unnest($1::oid[]) AS oid
       UNION
       SELECT d.objid FROM pg_depend d JOIN needing n ON d.refobjid = n.oid
       WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_proc'::regclass
     ) SELECT oid::int FROM needing`,
    [oids],
  );
  return new Set(rows.map(({ oid }) => oid));
}

/**
 * Creates what the files say where none of it is there, with an empty `search_path`: a name without its schema is an
 * error, but in PL/pgSQL, whose bodies are not looked into before they run.
 *
 * @returns the files in an order in which each finds what it needs
 * @throws StartError naming a file that PostgreSQL refuses, or that creates something else than the function it is named after
 */
export async function createFunctions(
  client: pg.Client,
  schema: string,
  files: readonly FunctionFile[],
): Promise<FunctionFile[]> {
  const order: FunctionFile[] = [];
  let waiting = [...files];
  while (waiting.length > 0) {
    const refused: { file: FunctionFile; reason: string }[] = [];
    for (const file of waiting) {
      const reason = await tryToCreate(client, schema, file);
      if (reason === null) order.push(file);
      else refused.push({ file, reason });
    }
    // What one of them needs may have come after it.
    if (refused.length === waiting.length) {
      throw new StartError(refused.map(({ file, reason }) => `${file.path}: ${reason}`).join('\n'));
    }
    waiting = refused.map(({ file }) => file);
  }
  return order;
}

/** @returns why PostgreSQL refuses it; null when it is there */
async function tryToCreate(client: pg.Client, schema: string, file: FunctionFile): Promise<string | null> {
  const before = new Set((await listFunctions(client, schema)).map(({ oid }) => oid));
  await client.query(`SAVEPOINT file; SET LOCAL search_path = ''`);
  try {
    await client.query(file.sql);
  } catch (error) {
    await client.query('ROLLBACK TO SAVEPOINT file');
    return (error as Error).message;
  }
  await client.query('RELEASE SAVEPOINT file');
  const created = (await listFunctions(client, schema)).filter(({ oid }) => !before.has(oid));
  if (created.length !== 1 || created[0]?.name !== file.name) {
    const found = created.map(({ signature }) => signature).join(', ') || 'nothing new';
    throw new StartError(`${file.path} must create the function ${schema}.${file.name} and no other: found ${found}`);
  }
  return null;
}

async function listFunctions(client: pg.Client, schema: string) {
  const { rows } = await client.query<Pick<CatalogFunction, 'oid' | 'name' | 'signature'>>(
    `SELECT oid::int, proname AS name, oid::regprocedure::text AS signature FROM pg_proc
     WHERE pronamespace = $1::regnamespace`,
    [pg.escapeIdentifier(schema)],
  );
  return rows;
}
