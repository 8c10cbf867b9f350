import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { extname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, type Erasure, UserPath } from '@gongu/shared';
import { z } from 'zod';
import type { Person } from '../people/person-routes.ts';
import { StartError } from '../process/start-error.ts';
import { type AdminCommand, adminCommand, BY } from './command.ts';

/** What the commands need of a service. */
interface HasPeople {
  readonly people: Person & {
    preview(userId: string): Promise<Readonly<Record<string, number>>>;
    eraseSome(): Promise<Erasure | null>;
  };
}

const PAUSE_MS = 200;

/**
 * `users export` and `users erase` of a service; `turn`: see {@link AdminCommand}. The erasure is done by the command itself, beside
 * running instances.
 */
export function personCommands<Context extends HasPeople>(
  service: string,
  turn: number,
): readonly AdminCommand<Context>[] {
  const { userId } = UserPath.shape;
  return [
    adminCommand({
      ...{ words: 'users export', does: 'all that is known of a user, as lines of JSON: a file of each service' },
      ...{ isOfAll: true, operands: { userId } },
      options: {
        out: z
          .string()
          .min(1, { error: 'must not be empty' })
          .describe('ann.ndjson writes ann.trade.ndjson and ann.chat.ndjson, anew'),
        by: BY,
      },
      async run({ people }: Context, given) {
        let records = 0;
        let unopened = 0;
        await people.noteExport(given.userId, given.by ?? null);
        async function* lines() {
          for await (const record of people.export(given.userId)) {
            records++;
            if (isShort(record)) unopened++;
            yield `${JSON.stringify(record)}\n`;
          }
        }
        const ending = extname(given.out);
        const out = `${given.out.slice(0, given.out.length - ending.length)}.${service}${ending}`;
        // For its owner alone.
        const file = createWriteStream(out, { flags: 'wx', mode: 0o600 });
        let isOurs = false;
        file.once('open', () => {
          isOurs = true;
        });
        await pipeline(Readable.from(lines()), file).catch(async (error: NodeJS.ErrnoException) => {
          // A part of it would look like all of it.
          if (isOurs) await rm(out, { force: true });
          throw error.path === undefined ? error : new StartError(`--out: ${error.message}`, { cause: error });
        });
        return {
          json: { userId: given.userId, out, records, unopened },
          text: `${records} records in ${out}`,
          left: unopened > 0 ? `texts of ${unopened} records can not be opened by the keys that are here` : undefined,
        };
      },
    }),
    adminCommand({
      ...{ words: 'users erase', does: 'erase a user; what the law wants keeps a pseudonym' },
      ...{ isOfAll: true, turn, operands: { userId } },
      options: { dryRun: z.boolean().optional().describe('say what there is, and change nothing'), by: BY },
      async run({ people }: Context, given) {
        if (given.dryRun) {
          const amount = await people.preview(given.userId).catch(refuse);
          return { json: { userId: given.userId, ...amount }, text: countsOf(amount) };
        }
        const { id } = await people.erase(given.userId, given.by ?? null).catch(refuse);
        let erasure: Erasure;
        // One that waited, too, is looked at: what it waited for may be over.
        for (let told = ''; ; ) {
          const done = await people.eraseSome();
          const line = done === null ? told : `${done.pseudonym}: ${countsOf(done.counts)}\n`;
          if (line !== told) process.stderr.write(line);
          told = line;
          erasure = done?.id === id ? done : (await people.erasure(id))!;
          if (erasure.status === 'DONE') break;
          if (erasure.status === 'WAITING' && (done === null || done.id === id)) break;
          // A running instance is at it.
          if (done === null) await sleep(PAUSE_MS);
        }
        const { status, pseudonym, counts, waitsFor } = erasure;
        const isDone = status === 'DONE';
        return {
          json: erasure,
          text: `${given.userId} is ${isDone ? '' : 'not yet '}erased; what stays says ${pseudonym} (${countsOf(counts)})`,
          left: isDone ? undefined : `the erasure waits for ${countsOf(waitsFor)}, and goes on by itself`,
        };
      },
    }),
  ];
}

/** Something of it can not be opened, which it says itself. */
function isShort(record: object): boolean {
  const { record: kind, error, unreadable } = record as { record?: unknown; error?: unknown; unreadable?: unknown };
  return kind === 'error' || error !== undefined || unreadable === true;
}

function countsOf(counts: Readonly<Record<string, number>>): string {
  return (
    Object.entries(counts)
      .map(([kind, count]) => `${kind} ${count}`)
      .join(', ') || 'nothing'
  );
}

function refuse(error: unknown): never {
  throw error instanceof AppError && error.code === 'CONFLICT' ? new StartError(error.detail) : error;
}
