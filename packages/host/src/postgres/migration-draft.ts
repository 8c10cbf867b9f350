import type pg from 'pg';
import { StartError } from '../process/start-error.ts';
import { createFunctions, readFunctionCatalog, withDependants } from './function-catalog.ts';
import { readFunctions } from './function-files.ts';
import { diffMigrations } from './migration-drift.ts';
import { readMigrations } from './migration-files.ts';
import { openScratchDatabase } from './scratch-database.ts';

/**
 * The next migration: SQL that leads from what the migrations build to what `schema.prisma` and `functions/*.sql` say;
 * empty when all agree. Tables are compared by Prisma's schema engine, functions by their definitions in the catalogue,
 * where nothing may be missing, left over or different. What it returns was tried on a database of its own, so the role
 * of `url` must be allowed to create some. CHECKs, partial indexes and triggers are not compared.
 *
 * @throws StartError when a file is no good, or when what was found can't be applied in this order
 */
export async function draftMigration(options: { url: string; schema: string; dir: string }): Promise<string> {
  const { url, schema, dir } = options;
  const tables = await diffMigrations(options);
  const files = readFunctions(dir);
  const { client, close } = await openScratchDatabase(url, schema);
  try {
    for (const { sql } of readMigrations(dir).migrations) await client.query(sql);
    await client.query('SAVEPOINT built');
    const built = await readFunctionCatalog(client, schema);

    // What the files build, where no older function can help out.
    const all = built.map(({ signature }) => signature);
    if (all.length > 0) await client.query(`DROP FUNCTION ${all.join(', ')} CASCADE`);
    if (tables !== '') await client.query(tables);
    const order = await createFunctions(client, schema, files);
    const wanted = await readFunctionCatalog(client, schema);
    await client.query('ROLLBACK TO SAVEPOINT built');

    const next = new Map(wanted.map((one) => [one.signature, one]));
    const known = new Map(built.map((one) => [one.signature, one]));
    const reshaped = built.filter(({ signature, shape }) => next.get(signature)?.shape !== shape);
    const dropped = await withDependants(
      client,
      reshaped.map(({ oid }) => oid),
    );
    const gone = built.filter(({ oid }) => dropped.has(oid));
    const changed = new Set(
      wanted
        .filter(({ signature, definition }) => {
          const before = known.get(signature);
          return !before || dropped.has(before.oid) || before.definition !== definition;
        })
        .map(({ name }) => name),
    );
    const draft = [
      ...(gone.length > 0 ? [`DROP FUNCTION ${gone.map(({ signature }) => signature).join(',\n  ')};\n`] : []),
      ...(tables === '' ? [] : [`${tables}\n`]),
      ...order.filter(({ name }) => changed.has(name)).map(({ sql }) => sql),
    ].join('\n');
    if (draft !== '') await prove({ client, schema, draft, definitions: wanted.map(({ definition }) => definition) });
    return draft;
  } finally {
    await close();
  }
}

/** @throws StartError with the draft, when it does not lead from here to those definitions */
async function prove(options: {
  client: pg.Client;
  schema: string;
  draft: string;
  definitions: readonly string[];
}): Promise<void> {
  const { client, schema, draft, definitions } = options;
  const complain = (reason: string, cause?: unknown) =>
    new StartError(`this can't be applied as it stands: ${reason}\nWrite the migration by hand from it:\n\n${draft}`, {
      cause,
    });
  try {
    await client.query(draft);
  } catch (error) {
    throw complain((error as Error).message, error);
  }
  const led = (await readFunctionCatalog(client, schema)).map(({ definition }) => definition);
  if (JSON.stringify(led) !== JSON.stringify(definitions)) throw complain('it leads to other functions than the files');
}
