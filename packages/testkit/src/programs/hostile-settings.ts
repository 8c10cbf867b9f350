import pg from 'pg';

/**
 * Settings of a database, each as far from PostgreSQL's default as may be: what an operator, a host or an extension may have
 * set with ALTER DATABASE. The time-outs apart: they would end the tests' own sessions.
 */
export const HOSTILE_SETTINGS: Readonly<Record<string, string>> = {
  timezone: 'Asia/Seoul',
  timezone_abbreviations: 'India',
  datestyle: 'German',
  intervalstyle: 'sql_standard',
  default_transaction_isolation: 'serializable',
  default_transaction_deferrable: 'on',
  extra_float_digits: '-15',
  bytea_output: 'escape',
  standard_conforming_strings: 'off',
  transform_null_equals: 'on',
  array_nulls: 'off',
  xmloption: 'document',
  search_path: 'pg_catalog',
  row_security: 'off',
  'plpgsql.extra_errors': 'all',
  'plpgsql.extra_warnings': 'all',
  restrict_nonsystem_relation_kind: 'view, foreign-table',
  lc_messages: 'C',
  lc_numeric: 'C',
  lc_monetary: 'C',
  lc_time: 'C',
  default_text_search_config: 'pg_catalog.german',
  jit_above_cost: '0',
  plan_cache_mode: 'force_generic_plan',
  enable_indexscan: 'off',
  quote_all_identifiers: 'on',
  synchronous_commit: 'off',
  client_min_messages: 'debug1',
};

/** Sets them for the sessions of a database that begin afterwards. A setting that this PostgreSQL does not have is left out. */
export async function makeHostile(
  url: string,
  settings: Readonly<Record<string, string>> = HOSTILE_SETTINGS,
): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const database = pg.escapeIdentifier(new URL(url).pathname.slice(1));
    for (const [name, value] of Object.entries(settings)) {
      await client
        .query(`ALTER DATABASE ${database} SET ${name} = ${name === 'search_path' ? value : pg.escapeLiteral(value)}`)
        .catch((error: { code?: string }) => {
          // 42704: no such setting; 55P02, 0A000, 22023: not to be changed here, or no such value.
          if (!/^(42704|55P02|0A000|22023)$/.test(error.code ?? '')) throw error;
        });
    }
  } finally {
    await client.end();
  }
}
