import type { z } from 'zod';

/**
 * What of `value` its schema does not allow, fields that it does not know among them: one line each, with the path. For
 * what was written down or recorded; what is received at run time may have fields of a later version.
 */
export function differencesFrom(schema: z.ZodType, value: unknown): string[] {
  const { success, data, error } = schema.safeParse(value);
  if (success) return unknownFields(value, data, []);
  return error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`);
}

function unknownFields(value: unknown, known: unknown, path: readonly string[]): string[] {
  if (!isObject(value) || !isObject(known) || value === known) return [];
  return Object.entries(value).flatMap(([name, field]) => {
    const at = [...path, name];
    return Object.hasOwn(known, name)
      ? unknownFields(field, known[name], at)
      : [`${at.join('.')}: is not in the schema`];
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
