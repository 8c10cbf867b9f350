import {
  createJudge,
  HEADER_TEXTS,
  type Judge,
  PATH_TEXTS,
  QUERY_TEXTS,
  queryValue,
  valuesFor,
} from './judged-trials.ts';

/** As much of a schema as `/openapi.json` has for what comes in. */
interface Schema {
  $ref?: string;
  allOf?: Schema[];
  type?: string;
  nullable?: boolean;
  enum?: unknown[];
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  format?: string;
  pattern?: string;
  properties?: Record<string, Schema>;
  required?: string[];
}

interface Operation {
  parameters?: { name: string; in: string; required?: boolean; schema: Schema }[];
  requestBody?: { required?: boolean; content: Record<string, { schema: Schema }> };
  responses: Record<string, { description: string }>;
}

export interface PromisesOptions {
  readonly url: string;
  /** An Authorization header with which the operation (`POST /api/products`) may be called. */
  readonly as: (operation: string) => string;
  /** Values of fields and parameters, by name, that no schema can make up: `{ roomId }`. */
  readonly given: Readonly<Record<string, unknown>>;
}

/** One request that the document has an opinion on. */
interface Trial {
  /** Those that are needed come along; undefined: without this one. */
  readonly query?: Record<string, string | undefined>;
  readonly path?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  /** The field with the one fault; `ANYWHERE`: no one field has it; null: there is none. */
  readonly fault: string | null;
}
const ANYWHERE = '*';

/**
 * Holds what a service takes against what its `/openapi.json` says: each operation is called with the least and the most
 * of every field, with one fault in each, and with odd values for each field, parameter and header, of which the document
 * is asked what they are. What is valid must not be VALIDATION_FAILED, a fault must be, with its field. No answer may have a
 * status, or an error's code, that the document does not have.
 *
 * @returns one line for each request that was answered otherwise, and how many were sent
 */
export async function brokenPromises({ url, as, given }: PromisesOptions): Promise<{ broken: string[]; sent: number }> {
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, Operation>>;
    components: { schemas: Record<string, Schema> };
  };
  const plain = (schema: Schema): Schema => {
    const [inner] = schema.allOf ?? [];
    if (schema.$ref) return plain(document.components.schemas[schema.$ref.split('/').at(-1)!]!);
    return inner ? { ...plain(inner), ...(schema.nullable ? { nullable: true } : {}) } : schema;
  };
  const judge = createJudge(document);
  const broken: string[] = [];
  let sent = 0;
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [verb, operation] of Object.entries(operations)) {
      const method = verb.toUpperCase();
      const placeOf = (name: string) => {
        const { pattern = '', type } = operation.parameters?.find((one) => one.name === name)?.schema ?? {};
        const value = String(given[name] ?? (type === 'integer' ? '1' : 'x1'));
        return new RegExp(pattern, 'u').test(value) ? value : '1';
      };
      for (const trial of [...trialsOf(operation, plain, given), ...judgedTrials(operation, plain, given, judge)]) {
        const asked = Object.entries({ ...neededQuery(operation, plain, given), ...trial.query });
        const query = new URLSearchParams(
          asked.filter((one): one is [string, string] => one[1] !== undefined),
        ).toString();
        const target = path.replace(/\{(\w+)\}/g, (_, name: string) =>
          encodeURIComponent(trial.path?.[name] ?? placeOf(name)),
        );
        const stop = new AbortController();
        const response = await fetch(`${url}${target}${query === '' ? '' : `?${query}`}`, {
          method,
          headers: {
            authorization: as(`${method} ${path}`),
            ...(trial.body === undefined ? {} : { 'content-type': 'application/json' }),
            ...trial.headers,
          },
          ...(trial.body === undefined ? {} : { body: JSON.stringify(trial.body) }),
          signal: stop.signal,
        });
        // A stream has no end.
        const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
        const text = isStream ? '' : await response.text();
        stop.abort();
        sent++;
        const told =
          response.status >= 400 ? (JSON.parse(text) as { code: string; errors?: { path: string }[] }) : null;
        const said = operation.responses[response.status]?.description;
        const isSaid = said !== undefined && (told === null || said.split(', ').includes(told.code));
        const isAt = (fault: string) =>
          fault === ANYWHERE || told?.errors?.some(({ path }) => path === fault || path.startsWith(`${fault}.`));
        const right =
          trial.fault === null
            ? response.status < 500 && told?.code !== 'VALIDATION_FAILED'
            : told?.code === 'VALIDATION_FAILED' && isAt(trial.fault);
        if (right && isSaid) continue;
        broken.push(
          `${method} ${target}?${query} ${JSON.stringify(trial.headers ?? {})} ${JSON.stringify(trial.body)?.slice(0, 300)}: ${response.status}${isSaid ? '' : ' (not in the document)'}, wanted ${trial.fault ?? 'taken'}: ${text.slice(0, 300)}`,
        );
      }
    }
  }
  return { broken, sent };
}

function trialsOf(
  operation: Operation,
  plain: (schema: Schema) => Schema,
  given: Readonly<Record<string, unknown>>,
): Trial[] {
  const queries = (operation.parameters ?? []).filter((one) => one.in === 'query');
  const { fields, required, least, body } = bodyOf(operation, plain, given);
  const trials: Trial[] = [];
  // A body that needs none of its fields may need one of them: each is tried alone.
  if (fields.length === 0 || required.size > 0) trials.push({ query: {}, body, fault: null });
  for (const [name, one] of fields) {
    if (!(name in given))
      for (const value of validOf(one)) trials.push({ query: {}, body: { ...least, [name]: value }, fault: null });
    for (const value of faultsOf(one)) trials.push({ query: {}, body: { ...least, [name]: value }, fault: name });
    if (required.has(name)) trials.push({ query: {}, body: { ...least, [name]: undefined }, fault: name });
  }
  for (const { name, schema, required: isNeeded } of queries) {
    const one = plain(schema);
    if (isNeeded) trials.push({ query: { [name]: undefined }, body, fault: name });
    if (name !== 'cursor' && !(name in given)) {
      for (const value of validOf(one)) trials.push({ query: { [name]: String(value) }, body, fault: null });
    }
    const numeric = one.type === 'integer' ? ['', ' 1', '0x10', '1e1', '1.5', 'true', '１'] : [];
    // Any number is a text in a query, so it is a fault only where no text is wanted.
    const kinds = one.type === 'string' && !one.enum ? ['string'] : ['string', 'number'];
    const faults = faultsOf(one).filter((value) => kinds.includes(typeof value) && value !== 1.5);
    for (const value of new Set([...numeric, ...faults.map(String)])) {
      trials.push({ query: { [name]: value }, body, fault: name });
    }
  }
  return trials;
}

/** The parameters of a query that an operation can't do without. */
function neededQuery(
  operation: Operation,
  plain: (schema: Schema) => Schema,
  given: Readonly<Record<string, unknown>>,
): Record<string, string> {
  const needed = (operation.parameters ?? []).filter((one) => one.in === 'query' && one.required);
  return Object.fromEntries(needed.map(({ name, schema }) => [name, String(given[name] ?? validOf(plain(schema))[0])]));
}

/** A body's fields, and the least that it may be; undefined: the operation has none. */
function bodyOf(operation: Operation, plain: (schema: Schema) => Schema, given: Readonly<Record<string, unknown>>) {
  const content = operation.requestBody?.content['application/json']?.schema;
  const shape = content && plain(content);
  const fields = Object.entries(shape?.properties ?? {}).map(([name, one]) => [name, plain(one)] as const);
  const required = new Set(shape?.required ?? []);
  const least: Record<string, unknown> = {};
  for (const [name, one] of fields) if (required.has(name)) least[name] = given[name] ?? validOf(one)[0];
  return { content, fields, required, least, body: shape === undefined ? undefined : least };
}

/** Odd values everywhere, one at a time, of which the document says what they are. */
function judgedTrials(
  operation: Operation,
  plain: (schema: Schema) => Schema,
  given: Readonly<Record<string, unknown>>,
  judge: Judge,
): Trial[] {
  const { content, fields, required, least, body } = bodyOf(operation, plain, given);
  const trials: Trial[] = [];
  const good = ([name, schema]: readonly [string, Schema]) => ({ [name]: given[name] ?? validOf(schema)[0] });
  // A body that needs none of its fields may need one of them.
  const isEnough = fields.length === 0 || required.size > 0;
  const enough = body && !isEnough ? good(fields[0]!) : body;
  const add = (isGood: boolean, fault: string, trial: Omit<Trial, 'fault'>) =>
    trials.push({ body: enough, ...trial, fault: isGood ? null : fault });
  const field = (path: string, schema: Schema, into: (value: unknown) => unknown) => {
    for (const value of valuesFor(plain(schema))) {
      const isGood = judge(schema, value);
      // What is given can be nothing else: other values are good, and wrong for this test's room or product.
      if (!isGood || !(path in given)) add(isGood, path, { body: into(value) });
    }
  };
  for (const [name, schema] of fields) {
    field(name, schema, (value) => ({ ...least, [name]: value }));
    const whole = given[name] as Record<string, unknown>;
    for (const [inner, one] of Object.entries(schema.properties ?? {})) {
      field(`${name}.${inner}`, one, (value) => ({ ...least, [name]: { ...whole, [inner]: value } }));
      add(false, `${name}.${inner}`, { body: { ...least, [name]: { ...whole, [inner]: undefined } } });
    }
  }
  for (const { name, in: place, schema } of operation.parameters ?? []) {
    if (place === 'path') {
      for (const text of PATH_TEXTS)
        add(judge(schema, queryValue(plain(schema), text)), name, { path: { [name]: text } });
    } else if (place === 'header') {
      for (const text of HEADER_TEXTS) add(judge(schema, text), name.toLowerCase(), { headers: { [name]: text } });
    } else {
      for (const text of QUERY_TEXTS) {
        const isGood = judge(schema, queryValue(plain(schema), text));
        // No text but one that came from it is a list's cursor, which no schema can say.
        if (!isGood || (name !== 'cursor' && !(name in given))) add(isGood, name, { query: { [name]: text } });
      }
    }
  }
  // Unknown names are ignored, but for what can't be a text anywhere.
  add(true, '', { query: { unknown: '1', 'no[]such': '%' } });
  add(false, ANYWHERE, { query: { unknown: 'a\u0000b' } });
  if (content === undefined) return trials;
  add(true, '', { body: { ...enough, unknown: { deep: [1, null] } } });
  for (const odd of [{ unknown: 'a\u0000b' }, { unknown: ['\ud800'] }, { 'a\u0000b': 1 }, { '\udc00': 1 }]) {
    add(false, ANYWHERE, { body: { ...enough, ...odd } });
  }
  for (const value of [null, [], {}, 'text', 7, true]) {
    // Null is no body, which no schema says.
    const isNone = value === null && operation.requestBody?.required === false;
    add(isNone || judge(content, value), ANYWHERE, { body: value });
  }
  for (const [i, one] of fields.entries()) {
    for (const other of fields.slice(0, i)) {
      const both = { ...least, ...good(one), ...good(other) };
      add(judge(content, both), ANYWHERE, { body: both });
    }
  }
  trials.push({ fault: operation.requestBody?.required === false ? null : ANYWHERE });
  return trials;
}

/** The least and the most that a schema allows. */
function validOf(schema: Schema): unknown[] {
  const { type, minimum = 0, maximum = 1e6, minLength = 0, maxLength = 40, format, pattern } = schema;
  if (schema.enum) return schema.enum;
  const empty = schema.nullable ? [null] : [];
  if (type === 'integer') return [minimum, maximum, ...empty];
  if (type === 'boolean') return [false, true, ...empty];
  if (format === 'date-time')
    return ['2999-12-31T23:59:59.999Z', '2031-01-01T00:00:00+09:00', '9999-12-31T23:59:59Z', ...empty];
  if (format === 'uri') return ['https://shop.example/a.png', ...empty];
  if (type === 'string')
    return [
      ...[
        '한'.repeat(Math.max(1, minLength)),
        '😀'.repeat(maxLength),
        ...(minLength === 0 ? [''] : []),
        '7'.repeat(maxLength),
      ],
      'https://shop.example/a.png',
    ]
      .filter((one) => pattern === undefined || new RegExp(pattern, 'u').test(one))
      .filter((one) => one.length <= maxLength * 2)
      .concat(empty as never[]);
  return type === 'object' ? [{}] : [];
}

/** Values that are wrong in one way each. */
function faultsOf(schema: Schema): unknown[] {
  const { type, minimum, maximum, minLength = 0, maxLength, format, nullable, pattern } = schema;
  const empty = nullable ? [] : [null];
  if (schema.enum) return ['', 'no such', 7, ...empty];
  if (type === 'integer') {
    return [1.5, 'one', true, ...empty, ...[minimum! - 1, maximum! + 1].filter((n) => Number.isSafeInteger(n))];
  }
  if (type === 'boolean') return ['true', 1, ...empty];
  if (type === 'object') return [7, 'text', []];
  // Of several kinds: `judgedTrials` has them.
  if (type !== 'string') return [];
  const texts = [...(minLength > 0 ? [''] : []), ...(maxLength === undefined ? [] : ['x'.repeat(maxLength + 1)])];
  if (format === 'date-time') {
    texts.push(
      '1969-12-31T23:59:59Z',
      '+010000-01-01T00:00:00Z',
      '2031-02-30T00:00:00Z',
      '2031-01-01',
      'now',
      '0001-01-01T00:00:00Z',
    );
  }
  if (format === 'uri') texts.push('x', 'javascript:alert(1)');
  if (pattern !== undefined) texts.push('a\u0000b');
  return [7.5, {}, ...empty, ...texts];
}
