import { UserId } from '@gongu/shared';
import { z } from 'zod';

/** What a command did. */
export interface AdminAnswer {
  /** For `--json`. */
  readonly json: object;
  /** For people: lines without the last end of line. */
  readonly text: string;
  /** What of it is not done, and why: the process ends with 3. Not there: all is. */
  readonly left?: string | undefined;
}

/** One option as the command line has it. */
export interface AdminOption {
  /** `--dry-run`. */
  readonly flag: string;
  /** Its field among the values. */
  readonly field: string;
  /** Takes no value. */
  readonly isSwitch: boolean;
  readonly does: string;
}

/** A command of `pnpm admin`, on what `Context` opens of its service. */
export interface AdminCommand<Context> {
  /** `users block`. */
  readonly words: string;
  readonly does: string;
  /** Names of what stands after the words, in order: `userId`. */
  readonly operands: readonly string[];
  readonly options: readonly AdminOption[];
  /** Another service keeps its own of what this is about, and has the same command: it is done in both. */
  readonly isOfAll: boolean;
  /** Of `isOfAll`: services are asked in this order, and none after one that refuses. Null: all are asked. */
  readonly turn: number | null;
  /** @throws StartError what can't be done, and why */
  run(context: Context, values: Readonly<Record<string, string | boolean>>): Promise<AdminAnswer>;
}

/** Option `--by` of a command that changes something. */
export const BY = UserId.optional().describe('who does it, for the audit; else it was the service');

/** What was given is no command, or not all of one: ends with 2. */
export class AdminUsageError extends Error {
  override name = 'AdminUsageError';
}

/**
 * A command. Its operands and options are zod fields of text, or of booleans for options without a value; `describe` says
 * what each does. An option `dryRun` is `--dry-run`.
 */
export function adminCommand<
  Context,
  Operands extends z.ZodRawShape = Record<never, never>,
  Options extends z.ZodRawShape = Record<never, never>,
>(command: {
  readonly words: string;
  readonly does: string;
  readonly operands?: Operands;
  readonly options?: Options;
  readonly isOfAll?: boolean;
  readonly turn?: number;
  run(context: Context, given: z.output<z.ZodObject<Operands & Options>>): Promise<AdminAnswer>;
}): AdminCommand<Context> {
  const { words, does, isOfAll = false, turn = null } = command;
  const operands = Object.keys(command.operands ?? {});
  const options = Object.entries(command.options ?? {}).map(([field, schema]) => ({
    field,
    flag: flagOf(field),
    isSwitch: z.safeParse(schema, true).success,
    does: (schema as z.ZodType).description ?? '',
  }));
  const shape = z.object({ ...command.operands, ...command.options });
  return {
    ...{ words, does, operands, options, isOfAll, turn },
    async run(context, values) {
      const parsed = shape.safeParse(values);
      if (parsed.success) return command.run(context, parsed.data as never);
      const faults = parsed.error.issues.map(({ path, message }) => {
        const field = String(path[0]);
        const name = operands.includes(field) ? operandName(field) : flagOf(field);
        return values[field] === undefined ? `${name} is missing` : `${name}: ${message}`;
      });
      throw new AdminUsageError(faults.join('\n'));
    },
  };
}

/** `USER_ID` of `userId`. */
export function operandName(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

function flagOf(field: string): string {
  return `--${field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Characters that tell a terminal what to do, or turn the order of others. */
const COMMANDING = /(?!\n)[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** What users wrote, for a terminal: it shows `\u001b` where an escape stands. Ends of lines stay. */
export function visible(text: string): string {
  return text.replace(COMMANDING, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Rows with their columns below each other; `none` where there are none. */
export function columns(rows: readonly (readonly (string | number | null)[])[], none: string): string {
  if (rows.length === 0) return none;
  const cells = rows.map((row) => row.map((cell) => visible(String(cell ?? '-')).replaceAll('\n', '\\u000a')));
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
