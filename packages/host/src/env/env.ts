import type { z } from 'zod';
import { StartError } from '../process/start-error.ts';

/** One variable that is missing or bad. */
export interface EnvProblem {
  name: string;
  /** What is wrong, without a secret's value. */
  message: string;
}

/** Every variable that needs attention: one in the same line, several a line each. */
export class EnvError extends StartError {
  override name = 'EnvError';
  readonly problems: readonly EnvProblem[];

  constructor(problems: readonly EnvProblem[]) {
    const lines = problems.map(({ name, message }) => `${name}: ${message}`);
    const list = lines.length === 1 ? ` ${lines[0]}` : lines.map((line) => `\n  ${line}`).join('');
    super(`the environment is not complete:${list}`);
    this.problems = problems;
  }
}

/**
 * The environment as one typed object, read once at start. An empty variable counts as unset, except where its field
 * was made by `envFields.textOrEmpty`. Variables that the schema does not name are ignored.
 *
 * @throws EnvError naming all bad variables at once
 */
export function readEnv<S extends z.ZodObject>(schema: S, source: NodeJS.ProcessEnv = process.env): z.output<S> {
  const given: Record<string, string> = {};
  for (const [name, field] of Object.entries(schema.shape)) {
    const value = source[name];
    if (value === undefined) continue;
    if (value.trim() === '' && !keepsEmpty(field as z.ZodType)) continue;
    given[name] = value; // untrimmed: a secret is used as it is
  }
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  throw new EnvError(
    result.error.issues.map((issue) => {
      const name = issue.path.map(String).join('.') || '(all)';
      const unset = issue.code === 'invalid_type' && !(name in given);
      return { name, message: unset ? 'is not set' : issue.message };
    }),
  );
}

function keepsEmpty(field: z.ZodType): boolean {
  return field.meta()?.keepsEmpty === true;
}
