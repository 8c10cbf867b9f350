import { type JsonObject, mapObjects } from './json.ts';

const PLACE = '#/components/schemas/';
/** What fastify-type-provider-zod puts behind the name of a schema as it is before defaults are filled in. */
const INPUT = /Input$/;

/**
 * The document with the schemas that something in `paths` refers to, and no others. What comes in has its own name, not
 * `XInput`, unless an `X` of another form goes out.
 */
export function keepUsedComponents<T extends { paths?: unknown; components?: { schemas?: unknown } }>(document: T): T {
  const all = (document.components?.schemas ?? {}) as Record<string, unknown>;
  const used = new Set<string>();
  const look = (part: unknown): void => {
    for (const name of namesIn(part)) {
      if (used.has(name)) continue;
      used.add(name);
      look(all[name]);
    }
  };
  look(document.paths);

  const names = new Map([...used].map((name) => [name, nameOf(name, used, all)]));
  const rename = <P>(part: P) =>
    mapObjects(part, (object) =>
      typeof object.$ref === 'string' && object.$ref.startsWith(PLACE)
        ? { $ref: PLACE + names.get(object.$ref.slice(PLACE.length)) }
        : object,
    ) as P;
  const kept = [...names].map(([name, shown]) => [shown, rename(all[name])] as const);
  return {
    ...document,
    paths: rename(document.paths),
    components: {
      ...document.components,
      schemas: Object.fromEntries(kept.sort(([one], [other]) => (one < other ? -1 : 1))),
    },
  };
}

function nameOf(name: string, used: ReadonlySet<string>, all: Readonly<JsonObject>): string {
  const plain = name.replace(INPUT, '');
  const isSame = JSON.stringify(all[name])?.replaceAll('Input"', '"') === JSON.stringify(all[plain]);
  return used.has(plain) && !isSame ? name : plain;
}

/** Names of the schemas that `part` refers to itself. */
function namesIn(part: unknown): string[] {
  const found: string[] = [];
  mapObjects(part, (object) => {
    if (typeof object.$ref === 'string' && object.$ref.startsWith(PLACE)) found.push(object.$ref.slice(PLACE.length));
    return object;
  });
  return found;
}
