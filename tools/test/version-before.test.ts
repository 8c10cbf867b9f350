import { readdirSync, readFileSync } from 'node:fs';
import { inRepository, testDatabase } from '@gongu/testkit';
import pg from 'pg';
import { expect, it, onTestFinished } from 'vitest';

/** What code that runs can call or write. */
interface Shape {
  readonly functions: readonly FunctionShape[];
  /** `rooms.title`: its type, whether it takes null, and whether an INSERT may leave it out. */
  readonly columns: ReadonlyMap<string, { readonly type: string; readonly nullable: boolean; readonly left: boolean }>;
}
interface FunctionShape {
  readonly name: string;
  /** Types of what is given, in order. */
  readonly given: readonly string[];
  /** How many of them must be given. */
  readonly needed: number;
  /** Columns that come out with their types, or the one type. */
  readonly result: readonly string[];
}

const FUNCTIONS_SQL = `SELECT p.proname AS name, p.pronargs - p.pronargdefaults AS needed,
    ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY a (t, at) ORDER BY at) AS given,
    CASE WHEN p.proargmodes IS NULL THEN ARRAY[format_type(p.prorettype, NULL)]
      ELSE ARRAY(SELECT n || ' ' || format_type(t, NULL)
        FROM unnest(p.proallargtypes, p.proargmodes, p.proargnames) WITH ORDINALITY a (t, m, n, at) WHERE m IN ('t', 'o') ORDER BY at)
    END AS result
  FROM pg_proc p WHERE p.pronamespace = $1::regnamespace AND p.prorettype <> 'trigger'::regtype`;
const COLUMNS_SQL = `SELECT c.relname || '.' || a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
    NOT a.attnotnull AS nullable, NOT a.attnotnull OR a.atthasdef OR a.attidentity <> '' AS left
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
  WHERE c.relnamespace = $1::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped`;

async function shapeOf(client: pg.Client, schema: string): Promise<Shape> {
  const [functions, columns] = [
    await client.query<FunctionShape>(FUNCTIONS_SQL, [schema]),
    await client.query(COLUMNS_SQL, [schema]),
  ];
  return { functions: functions.rows, columns: new Map(columns.rows.map(({ name, ...column }) => [name, column])) };
}

/** What code of before would trip over. */
function broken(before: Shape, after: Shape): string[] {
  const tables = new Set([...before.columns.keys()].map((name) => name.split('.')[0]));
  const functions = before.functions.filter(
    (old) =>
      !after.functions.some(
        (now) =>
          now.name === old.name &&
          now.needed <= old.needed &&
          old.given.every((type, i) => type === now.given[i]) &&
          (now.result.join() === old.result.join() ||
            (now.result.length > old.result.length && old.result.every((one) => now.result.includes(one)))),
      ),
  );
  const columns = [...before.columns].filter(([name, old]) => {
    const now = after.columns.get(name);
    return now?.type !== old.type || (old.nullable && !now.nullable) || (old.left && !now.left);
  });
  const needed = [...after.columns].filter(
    ([name, { left }]) => !left && !before.columns.has(name) && tables.has(name.split('.')[0]!),
  );
  return [
    ...functions.map(({ name, given }) => `${name}(${given.join(', ')})`),
    ...columns.map(([name]) => name),
    ...needed.map(([name]) => `${name} is needed`),
  ].sort();
}

/** Of before the first release, when no instance of a version before ran anywhere. From then on only what functions alone call is added. */
const KNOWN: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  chat: {
    '0006_visitors': ['remove_newest_guest(rooms, text)'],
    '0013_order': [
      'append_verdict(text, text, text, boolean, bigint, text, timestamp with time zone, boolean, boolean, text, text, bigint)',
    ],
    '0019_masked': [
      'add_mentions(text, bigint, text, boolean)',
      'append_mentioning(text[], text[], text[], text[], text[], text[], text[], bigint[], text[], text[], text[], boolean[])',
    ],
    '0025_sealed_texts': [
      'append_one(text, text, text, text, text, text, text, bigint, text, text)',
      'take_absent(text[], integer, boolean, integer)',
    ],
    '0028_quicker_sealing': ['note_sealed(text, bigint, bigint)'],
    '0034_webhook_batches': ['webhook_settle(bigint, uuid, text, integer, text, bigint)'],
    '0042_changes_cost_less': [
      'add_change(rooms, bigint, text, text, text, text, jsonb, timestamp with time zone)',
      'clear_mentions(messages)',
    ],
  },
  trade: { '0022_webhook_batches': ['webhook_settle(bigint, uuid, text, integer, text, bigint)'] },
};

// The history of the repository may not be there, and a build of an older commit would need its packages: what its code calls
// and writes is what its migrations made.
it.each(['chat', 'trade'])(
  "each of %s's migrations leaves to the version before what it calls, reads and writes",
  async (service) => {
    const database = await testDatabase();
    const client = new pg.Client({ connectionString: database.url });
    onTestFinished(async () => {
      await client.end();
      await database.drop();
    });
    await client.connect();
    await client.query(`CREATE SCHEMA ${service}; SET search_path = ${service}`);
    const folder = inRepository(`prisma/${service}/migrations`);
    const found: Record<string, readonly string[]> = {};
    let before: Shape | null = null;
    for (const name of readdirSync(folder).sort()) {
      if (!/^\d/.test(name)) continue;
      await client.query(readFileSync(`${folder}/${name}/migration.sql`, 'utf8'));
      const after = await shapeOf(client, service);
      const breaks = before ? broken(before, after) : [];
      if (breaks.length > 0) found[name] = breaks;
      before = after;
    }
    expect(found).toEqual(KNOWN[service]);
  },
);
