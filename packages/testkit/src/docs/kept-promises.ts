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
  parameters?: { name: string; in: string; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
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
  readonly query: Record<string, string>;
  readonly body?: unknown;
  /** The field with the one fault; null: there is none. */
  readonly fault: string | null;
}

/**
 * Holds what a service takes against what its `/openapi.json` says: each operation is called with the least and the most
 * of every field, and with one fault in each. What is valid must not be VALIDATION_FAILED, a fault must be, with its field.
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
  const broken: string[] = [];
  let sent = 0;
  for (const [path, operations] of Object.entries(document.paths)) {
    if (path.endsWith('/events')) continue;
    for (const [verb, operation] of Object.entries(operations)) {
      const method = verb.toUpperCase();
      const placeOf = (name: string) => {
        const pattern = operation.parameters?.find((one) => one.name === name)?.schema.pattern ?? '';
        const value = String(given[name] ?? 'x1');
        return encodeURIComponent(new RegExp(pattern, 'u').test(value) ? value : '1');
      };
      for (const trial of trialsOf(operation, plain, given)) {
        const query = new URLSearchParams(trial.query).toString();
        const target = path.replace(/\{(\w+)\}/g, (_, name: string) => placeOf(name));
        const response = await fetch(`${url}${target}${query === '' ? '' : `?${query}`}`, {
          method,
          headers: {
            authorization: as(`${method} ${path}`),
            ...(trial.body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          ...(trial.body === undefined ? {} : { body: JSON.stringify(trial.body) }),
        });
        const text = await response.text();
        sent++;
        const told =
          response.status >= 400 ? (JSON.parse(text) as { code: string; errors?: { path: string }[] }) : null;
        const right =
          trial.fault === null
            ? response.status < 500 && told?.code !== 'VALIDATION_FAILED'
            : told?.code === 'VALIDATION_FAILED' && told.errors?.some((one) => one.path === trial.fault);
        if (right) continue;
        broken.push(
          `${method} ${path}?${query} ${JSON.stringify(trial.body)?.slice(0, 300)}: ${response.status}, ${text.slice(0, 300)}`,
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
  const content = operation.requestBody?.content['application/json']?.schema;
  const shape = content && plain(content);
  const fields = Object.entries(shape?.properties ?? {}).map(([name, one]) => [name, plain(one)] as const);
  const required = new Set(shape?.required ?? []);
  const least: Record<string, unknown> = {};
  for (const [name, one] of fields) if (required.has(name)) least[name] = given[name] ?? validOf(one)[0];
  const body = shape === undefined ? undefined : least;
  const trials: Trial[] = [];
  // A body that needs none of its fields may need one of them: each is tried alone.
  if (fields.length === 0 || required.size > 0) trials.push({ query: {}, body, fault: null });
  for (const [name, one] of fields) {
    if (!(name in given))
      for (const value of validOf(one)) trials.push({ query: {}, body: { ...least, [name]: value }, fault: null });
    for (const value of faultsOf(one)) trials.push({ query: {}, body: { ...least, [name]: value }, fault: name });
    if (required.has(name)) trials.push({ query: {}, body: { ...least, [name]: undefined }, fault: name });
  }
  for (const { name, schema } of queries) {
    const one = plain(schema);
    if (name !== 'cursor') {
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

/** The least and the most that a schema allows. */
function validOf(schema: Schema): unknown[] {
  const { type, minimum = 0, maximum = 1e6, minLength = 0, maxLength = 40, format } = schema;
  if (schema.enum) return schema.enum;
  const empty = schema.nullable ? [null] : [];
  if (type === 'integer') return [minimum, maximum, ...empty];
  if (type === 'boolean') return [false, true, ...empty];
  if (format === 'date-time')
    return ['2999-12-31T23:59:59.999Z', '2031-01-01T00:00:00+09:00', '9999-12-31T23:59:59Z', ...empty];
  if (format === 'uri') return ['https://shop.example/a.png', ...empty];
  if (type === 'string')
    return ['한'.repeat(Math.max(1, minLength)), '😀'.repeat(maxLength), ...(minLength === 0 ? [''] : []), ...empty];
  return [{}];
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
  if (type !== 'string') return [7, 'text', []];
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
