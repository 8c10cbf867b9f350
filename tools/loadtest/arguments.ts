import { StartError } from '@gongu/host';
import { numberOption, readOptions } from '@gongu/testkit';

export const USAGE = `pnpm loadtest [--clients N] [--rooms R] [--rate M] [--seconds S] [--url URL] [--report FILE]

Connects clients, lets them talk, checks everything that each of them gets, and prints a report as Markdown on standard
output (progress goes to standard error). Ends with 1 when anything was lost, doubled or out of order.

  --clients N   clients, at least one for each room (default 100)
  --rooms R     rooms, between which the clients are shared out (default 1)
  --rate M      messages per second, of all clients together (default a quarter of the clients, at least 10)
  --seconds S   how long they talk (default 20)
  --url URL     a running chat service, such as http://127.0.0.1:8080; without it a system of its own is started.
                Its secrets are taken from JWT_SECRET and SERVICE_JWT_SECRET, or from the run.json of "pnpm start".
  --report FILE writes the report to a file as well
`;

export interface LoadtestArguments {
  readonly clients: number;
  readonly rooms: number;
  /** Messages per second, of all clients together. */
  readonly rate: number;
  readonly seconds: number;
  /** Null: a system of its own. Without a slash at its end. */
  readonly url: string | null;
  readonly report: string | null;
}

/** @throws StartError naming what is wrong with an argument. Null: help is asked for */
export function readArguments(args: readonly string[]): LoadtestArguments | null {
  const text = { type: 'string' } as const;
  const options = {
    clients: text,
    rooms: text,
    rate: text,
    seconds: text,
    url: text,
    report: text,
    help: { type: 'boolean', short: 'h' },
  } as const;
  const { values } = readOptions({ options, args: [...args] }, USAGE);
  if (values.help) return null;
  const clients = numberOption('clients', values.clients ?? '100', { min: 1, max: 50_000, whole: true });
  const rooms = numberOption('rooms', values.rooms ?? '1', { min: 1, max: clients, whole: true });
  const rate = numberOption('rate', values.rate ?? String(Math.max(10, clients / 4)), {
    min: 0.1,
    max: 100_000,
    whole: false,
  });
  const seconds = numberOption('seconds', values.seconds ?? '20', { min: 1, max: 86_400, whole: false });
  return { clients, rooms, rate, seconds, url: readUrl(values.url), report: values.report ?? null };
}

function readUrl(given: string | undefined): string | null {
  if (given === undefined) return null;
  const protocol = URL.canParse(given) ? new URL(given).protocol : '';
  if (protocol === 'http:' || protocol === 'https:') return given.replace(/\/+$/, '');
  throw new StartError(`--url must be that of the chat service, such as http://127.0.0.1:8080, not "${given}"`);
}
