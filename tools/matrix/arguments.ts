import { readOptions } from '@gongu/testkit';

export const USAGE = `pnpm matrix [--only TEXT] [--skip TEXT] [--list] [--write]

Puts chat and trade into every surrounding that this machine has (versions of Node, Bun, Deno, PostgreSQL, poolers, Redis,
proxies) and runs a smoke of some 50 checks in each; then lets real client libraries connect, talk, be cut off and come
back without loss. What the machine does not have is skipped by name. Libraries and runtimes are fetched in their named
versions from npm, PyPI, Maven Central, crates.io and Go's proxy, and kept in node_modules/.cache. Prints the table as
Markdown. Ends with 1 when something did not hold.

  --only TEXT   only rows whose name contains TEXT; several with commas
  --skip TEXT   without these
  --list        says which rows there are
  --write       writes the rows into the tables of docs/compatibility.md
`;

export interface MatrixArguments {
  readonly list: boolean;
  readonly write: boolean;
  /** Whether a row of this name is wanted. */
  readonly wants: (name: string) => boolean;
}

/** Null: help is asked for. @throws StartError naming what is wrong with an argument */
export function readArguments(args: readonly string[]): MatrixArguments | null {
  const options = {
    only: { type: 'string' },
    skip: { type: 'string' },
    list: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  } as const;
  const { values } = readOptions({ options, args: [...args] }, USAGE);
  if (values.help) return null;
  const words = (text = '') => text.toLowerCase().split(',').filter(Boolean);
  const [only, skip] = [words(values.only), words(values.skip)];
  return {
    list: values.list,
    write: values.write,
    wants(name) {
      const has = (word: string) => name.toLowerCase().includes(word);
      return (only.length === 0 || only.some(has)) && !skip.some(has);
    },
  };
}
