import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { toJsonSchema } from './openapi-check.ts';

/** A schema of `/openapi.json` for what comes in, as far as trials are made by it. */
export interface JudgedSchema {
  $ref?: string;
  type?: string;
  items?: JudgedSchema;
  properties?: Record<string, JudgedSchema>;
  required?: string[];
}

/** Whether a document takes a value for one of its schemas. Of formats, only times are asked: patterns say what else is meant. */
export type Judge = (schema: object, value: unknown) => boolean;

export function createJudge(document: { components: object }): Judge {
  const ajv = new Ajv({ strict: false, logger: false });
  addFormats.default(ajv, ['date-time']);
  const components = toJsonSchema(document.components);
  const known = new WeakMap<object, ValidateFunction>();
  return (schema, value) => {
    const validate = known.get(schema) ?? ajv.compile({ ...(toJsonSchema(schema) as object), components });
    known.set(schema, validate);
    return validate(value);
  };
}

/** Texts that one reader or another takes for something else. */
const TEXTS = ['\t', ' ', '.', '..', '\u007f', '\u0085', '\u2028', '\ufeff', '\uffff', 'a\u0000b', '１', 'a,b', '%'];
const NUMBERS = [0, -1, 1.5, 2_147_483_648, Number.MAX_SAFE_INTEGER, 2 ** 53, 1e21];
/** A value of each kind, for whatever is wanted. */
const KINDS = [null, true, 7, [], {}, ['x']];
const TIMES = [
  '2999-01-01T00:00Z',
  '2999-01-01t00:00:00z',
  '2999-01-01T00:00:00.123456789+09:00',
  '2999-01-01T24:00:00Z',
  '2999-06-30T23:59:60Z',
  '2999-01-01T00:00:00',
  '2999-02-30T00:00:00Z',
  '2999-02-28T23:59:59-23:59',
];

/** Values of JSON for a field, good and bad, whose worth the document is asked for. */
export function valuesFor(schema: { type?: string; format?: string }): readonly unknown[] {
  if (schema.type === 'integer') return [...NUMBERS, ...KINDS, '1'];
  if (schema.format === 'date-time') return [...TIMES, ...KINDS];
  return [...TEXTS, ...KINDS];
}

/** Texts for a parameter of a query: numbers and words alike. */
export const QUERY_TEXTS: readonly string[] = [
  ...TEXTS,
  '0',
  '-1',
  '2147483648',
  '9223372036854775807',
  'true',
  'null',
];

/** Texts for a place in a path. `.` and `..` are none: every client leaves them out. */
export const PATH_TEXTS: readonly string[] = [
  ...['a b', 'ä', '\u0000', 'a\nb', '~', ':', '%', '...', '\u007f', '한', '0', '-1', '1', '007'],
  ...[63, 64, 65, 255, 256].map((length) => 'x'.repeat(length)),
  ...[18, 19, 40].map((length) => '9'.repeat(length)),
];

/** Texts for a header: bytes, whose blanks at either end HTTP takes away. */
export const HEADER_TEXTS: readonly string[] = [
  ...['', 'x', 'ÿ', '"1"', 'W/"1"', '*', '0', '-1', '1.5', '007', '1, 2', '9'.repeat(15), '9'.repeat(16)],
  ...[255, 256, 512, 513].map((length) => 'x'.repeat(length)),
];

/** What a text of a query is to a schema: `?limit=7` is a number where one is wanted. */
export function queryValue(schema: JudgedSchema, text: string): unknown {
  if (schema.type === 'array') return [queryValue(schema.items ?? {}, text)];
  return schema.type === 'integer' && /^-?\d+$/.test(text) ? Number(text) : text;
}
