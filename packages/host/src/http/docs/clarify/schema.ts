import { isObject, type JsonObject } from './json.ts';

const INT32_MAX = 2_147_483_647;

/**
 * One schema, whose inner ones are clear already, in the words of OpenAPI 3.0 that validators and generators of clients
 * take alike.
 *
 * @param named what its `$ref`s may mean
 */
export function clarifySchema(schema: JsonObject, named: Readonly<JsonObject>): JsonObject {
  const rules = [nullAmongValues, typeBesideNullable, widthOfInteger, discriminate];
  return rules.reduce((clear, rule) => rule(clear, named), schema);
}

/** Where a property is null or one of some values, null is one of the values too (OpenAPI 3.0.3, `nullable`). */
function nullAmongValues(schema: JsonObject): JsonObject {
  const { nullable, enum: values } = schema;
  if (nullable !== true || !Array.isArray(values)) return schema;
  if (values.some((value) => value !== null)) return { ...schema, enum: [...new Set([...values, null])] };
  // Generators make a type without a value of it.
  const { enum: _none, ...rest } = schema;
  return { description: 'Always null', ...rest };
}

/** `nullable` means something only beside a `type` (OpenAPI 3.0.3). */
function typeBesideNullable(schema: JsonObject, named: Readonly<JsonObject>): JsonObject {
  const type = schema.nullable === true && typeOf(schema, named);
  return type ? { ...schema, type } : schema;
}

function typeOf(schema: unknown, named: Readonly<JsonObject>): unknown {
  if (!isObject(schema)) return undefined;
  if (schema.type !== undefined) return schema.type;
  const { $ref, oneOf, allOf } = schema;
  if (typeof $ref === 'string') return typeOf(named[$ref.split('/').at(-1)!], named);
  const inner = new Set(
    [oneOf, allOf]
      .flat()
      .filter(isObject)
      .map((one) => typeOf(one, named)),
  );
  return inner.size === 1 ? [...inner][0] : undefined;
}

/** zod bounds every integer by what JavaScript can say; which integers have to be wide tells `format`. */
function widthOfInteger(schema: JsonObject): JsonObject {
  if (schema.type !== 'integer') return schema;
  const { minimum, maximum, ...rest } = schema;
  const isUnbounded = minimum === Number.MIN_SAFE_INTEGER && maximum === Number.MAX_SAFE_INTEGER;
  const format = Number(maximum) > INT32_MAX ? 'int64' : 'int32';
  return { ...rest, format, ...(isUnbounded ? {} : { minimum, maximum }) };
}

/**
 * What tells the alternatives of a `oneOf` from each other, where each of them is a schema with a name: a property whose
 * values are others in each.
 */
function discriminate(schema: JsonObject, named: Readonly<JsonObject>): JsonObject {
  const { oneOf } = schema;
  if (!Array.isArray(oneOf) || oneOf.length < 2) return schema;
  const alternatives = oneOf.map((one) => {
    const place = isObject(one) && typeof one.$ref === 'string' ? one.$ref : '';
    const found = named[place.split('/').at(-1)!];
    return { place, properties: isObject(found) && isObject(found.properties) ? found.properties : {} };
  });
  for (const propertyName of Object.keys(alternatives[0]!.properties)) {
    const pairs = alternatives.flatMap(({ place, properties }) => {
      const property = properties[propertyName];
      const values = isObject(property) && Array.isArray(property.enum) ? property.enum : [null];
      return values.map((value) => [value, place] as const);
    });
    const values = new Set(pairs.map(([value]) => value));
    if (values.has(null) || values.size < pairs.length) continue;
    return { ...schema, discriminator: { propertyName, mapping: Object.fromEntries(pairs) } };
  }
  return schema;
}
