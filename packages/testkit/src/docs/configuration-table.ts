import { readMarkdown } from './markdown.ts';

/** A row of the table in docs/configuration.md. */
export interface ConfigurationRow {
  name: string;
  /** As text; null when there is none: `required`, `unset`. */
  fallback: string | null;
  required: boolean;
}

/** What docs/configuration.md tells of one service's variables. `reader`: `chat`, `trade`, `start`. */
export function configurationTable(reader: string): ConfigurationRow[] {
  return readMarkdown('docs/configuration.md')
    .table('Variables')
    .filter((row) => row['read by']?.split(', ').includes(reader))
    .map(({ variable = '', default: fallback = '' }) => ({
      name: variable,
      fallback: fallback === 'required' || fallback === 'unset' ? null : fallback,
      required: fallback === 'required',
    }));
}

/** `read` gets an environment that notes which variables are asked for. Their names, sorted. */
export function variablesReadBy(
  read: (env: NodeJS.ProcessEnv) => unknown,
  env: Readonly<Record<string, string>>,
): string[] {
  const asked = new Set<string>();
  read(
    new Proxy(
      { ...env },
      {
        get(target, name) {
          if (typeof name === 'string') asked.add(name);
          return Reflect.get(target, name);
        },
      },
    ),
  );
  return [...asked].sort();
}
