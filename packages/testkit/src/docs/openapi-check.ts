import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';

/** As much of an OpenAPI 3.0 document as the check reads. */
export interface OpenApiDocument {
  paths: Record<string, Record<string, { responses?: Record<string, OpenApiResponse> } | undefined> | undefined>;
}

interface OpenApiResponse {
  description?: string;
  content?: Record<string, { schema?: object }>;
}

export interface OpenApiCheck {
  /**
   * Compares one answer with the document. `body` is the parsed JSON, the text of anything else, `undefined` or `''`
   * when there is none. A 404 on a path that the document does not have is right, and so is a 405 for a method.
   *
   * @throws Error naming the route and everything that differs, fields that the document does not mention included
   */
  check(method: string, url: string, status: number, body: unknown): void;
  /** What was compared so far, as `GET /api/things/{id} 200`, sorted. */
  seen(): string[];
  /** What the document lists, in the same form. */
  documented(): string[];
}

/**
 * Holds answers against an OpenAPI 3.0 document, as `/openapi.json` gives it. The description of an error must name the
 * code that was answered, as that of `problems()` in the host does.
 */
export function createOpenApiCheck(document: unknown): OpenApiCheck {
  const { paths } = document as OpenApiDocument;
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(toJsonSchema(document) as object, 'openapi');
  const validators = new Map<string, ValidateFunction>();
  const seen = new Set<string>();
  // A path without parameters goes before one whose parameter would take it.
  const routes = Object.keys(paths)
    .sort((a, b) => a.split('{').length - b.split('{').length)
    .map((path) => ({
      path,
      pattern: new RegExp(`^${path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/]+')}$`),
    }));

  function validatorOf(pointer: string[]): ValidateFunction {
    const ref = `openapi#/${pointer.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;
    const known = validators.get(ref);
    if (known) return known;
    const compiled = ajv.compile({ $ref: ref });
    validators.set(ref, compiled);
    return compiled;
  }

  return {
    check(method, url, status, body) {
      const { pathname } = new URL(url, 'http://service');
      const verb = method.toLowerCase();
      const route = routes.find(({ path, pattern }) => pattern.test(pathname) && paths[path]?.[verb]);
      if (!route) {
        if (status === 404 || (status === 405 && !paths[pathname]?.[verb])) return;
        throw new Error(`${method} ${pathname} is not in the document, and answered ${status}`);
      }
      const name = `${method.toUpperCase()} ${route.path} ${status}`;
      const response = paths[route.path]?.[verb]?.responses?.[status];
      if (!response) throw new Error(`${name} is not in the document; the body was ${JSON.stringify(body)}`);
      seen.add(name);
      // A text where there is one: an answer may be a list or a file.
      const medias = Object.keys(response.content ?? {});
      const media = (typeof body === 'string' && medias.find((name) => name.startsWith('text/'))) || medias[0];
      const isEmpty = body === undefined || body === null || body === '';
      if (media === undefined) {
        if (!isEmpty) throw new Error(`${name} has no body in the document, and had ${JSON.stringify(body)}`);
        return;
      }
      const validate = validatorOf([
        'paths',
        route.path,
        verb,
        'responses',
        String(status),
        'content',
        media,
        'schema',
      ]);
      const { code } = Object(body) as { code?: unknown };
      if (media === 'application/problem+json' && !response.description?.split(', ').includes(String(code))) {
        throw new Error(`${name} is not described for ${code}, only for ${response.description}`);
      }
      if (validate(body)) return;
      const differences = validate.errors?.map(
        ({ instancePath, message, params }) => `${instancePath || '/'} ${message} ${JSON.stringify(params)}`,
      );
      throw new Error(`${name} differs from the document:\n  ${differences?.join('\n  ')}\n${JSON.stringify(body)}`);
    },

    seen: () => [...seen].sort(),

    documented: () =>
      Object.entries(paths)
        .flatMap(([path, operations]) =>
          Object.entries(operations ?? {}).flatMap(([verb, operation]) =>
            Object.keys(operation?.responses ?? {}).map((status) => `${verb.toUpperCase()} ${path} ${status}`),
          ),
        )
        .sort(),
  };
}

/** Variables that say where something is: no document names them. */
const PLACES = ['REDIS_URL', 'DATA_DIR'];
/** A check holds some megabytes. */
const KEPT_CHECKS = 12;

/**
 * Checks by the documents of instances in this process, one for all that were started with the same variables: to write a
 * document, and to read it, takes about a quarter of a second of CPU, as much as a start.
 *
 * @returns the check of the instance at `url`, whose variables beside the usual ones are `env`
 */
export function createOpenApiChecks(): (url: string, env: Readonly<Record<string, string>>) => Promise<OpenApiCheck> {
  const checks = new Map<string, OpenApiCheck>();
  return async (url, env) => {
    const fields = Object.entries(env).map(([name, value]) => (PLACES.includes(name) ? [name] : [name, value]));
    const key = JSON.stringify(fields.sort());
    const known = checks.get(key);
    if (known) return known;
    const check = createOpenApiCheck(await (await fetch(`${url}/openapi.json`)).json());
    if (checks.size === KEPT_CHECKS) checks.delete([...checks.keys()][0]!);
    checks.set(key, check);
    return check;
  };
}

/** A part of an OpenAPI 3.0 document, which has a dialect of its own for two things, as JSON schema. */
export function toJsonSchema(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toJsonSchema);
  if (typeof value !== 'object' || value === null) return value;
  const { nullable, ...fields } = Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, toJsonSchema(inner)]),
  );
  for (const [exclusive, bound] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    if (typeof fields[exclusive] !== 'boolean') continue;
    if (fields[exclusive]) {
      fields[exclusive] = fields[bound];
      delete fields[bound];
    } else delete fields[exclusive];
  }
  return nullable === true ? { anyOf: [fields, { type: 'null' }] } : fields;
}
