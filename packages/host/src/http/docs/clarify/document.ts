import { keepUsedComponents } from './components.ts';
import { type JsonObject, mapObjects } from './json.ts';
import { clarifyOperation } from './operation.ts';
import { clarifySchema } from './schema.ts';

interface Document {
  paths?: object;
  components?: { schemas?: object };
}

/**
 * A document as @fastify/swagger makes it, in words that linters, validators and generators of clients take alike. It says
 * the same of the wire as before.
 *
 * @param isBodyNeeded whether `post /path` needs a body: @fastify/swagger says so of each
 */
export function clarifyDocument<T extends Document>(document: T, isBodyNeeded: (operation: string) => boolean): T {
  const paths = Object.entries(document.paths ?? {}).map(([path, item]) => [
    path,
    Object.fromEntries(
      Object.entries(item as Record<string, JsonObject>).map(([method, operation]) => [
        method,
        clarifyOperation(operation, isBodyNeeded(`${method} ${path}`)),
      ]),
    ),
  ]);
  const kept = keepUsedComponents({ ...document, paths: Object.fromEntries(paths) });
  const named = (kept.components?.schemas ?? {}) as JsonObject;
  const clear = <P>(part: P) => mapObjects(part, (schema) => clarifySchema(schema, named)) as P;
  return { ...kept, paths: clear(kept.paths), components: { ...kept.components, schemas: clear(named) } };
}
