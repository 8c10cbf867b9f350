import { AppError } from '@gongu/shared';
import { sqlState } from '../postgres/fate.ts';
import { describeStartFailure } from '../process/main-run.ts';
import { type AdminAnswer, type AdminCommand, AdminUsageError } from './command.ts';

/** What became of a command in one service. */
export type AdminOutcome =
  | { readonly kind: 'done'; readonly answer: AdminAnswer }
  /** Not done, and why. */
  | { readonly kind: 'failed'; readonly why: string }
  /** Not even tried: values that it does not take. */
  | { readonly kind: 'misused'; readonly why: string };

/** The commands of one service. Plain values go in and out: another bundle may call it. */
export interface AdminService {
  /** `chat`. */
  readonly name: string;
  readonly commands: readonly Omit<AdminCommand<never>, 'run'>[];
  /** Rejects with a defect alone. */
  run(words: string, values: Readonly<Record<string, string | boolean>>, env: NodeJS.ProcessEnv): Promise<AdminOutcome>;
}

/** SQLSTATEs of a database without the service's tables and functions, or with older ones. */
const NO_TABLES = new Set(['3F000', '42P01', '42883', '42703']);

/** Commands on what `open` opens; it may throw EnvError or StartError. */
export function createAdminService<Context extends { close(): Promise<void> }>({
  name,
  commands,
  open,
}: {
  readonly name: string;
  readonly commands: readonly AdminCommand<Context>[];
  readonly open: (env: NodeJS.ProcessEnv) => Promise<Context>;
}): AdminService {
  return {
    name,
    commands,
    async run(words, values, env) {
      const command = commands.find((one) => one.words === words)!;
      try {
        const context = await open(env);
        try {
          return { kind: 'done', answer: await command.run(context, values) };
        } finally {
          await context.close();
        }
      } catch (error) {
        if (error instanceof AdminUsageError) return { kind: 'misused', why: error.message };
        const why = failureOf(error, name);
        if (why === undefined) throw error;
        return { kind: 'failed', why };
      }
    },
  };
}

/** What hinders the service, for who runs it; `undefined`: a defect. */
function failureOf(error: unknown, service: string): string | undefined {
  if (NO_TABLES.has(sqlState(error) ?? '')) {
    return `this database has not the tables of this version of ${service}, which makes them when it starts`;
  }
  return hindrance(error);
}

function hindrance(error: unknown): string | undefined {
  return describeStartFailure(error) ?? (error instanceof AppError ? error.message : undefined);
}

/** What keeps a command from going on that has done some of it, for its `left`. @throws a defect */
export function hindranceOf(error: unknown): string {
  const why = hindrance(error);
  if (why === undefined) throw error;
  return why;
}
