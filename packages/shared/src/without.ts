/** A schema, as it stands in a document. */
type Schema = Readonly<Record<string, unknown>>;

/**
 * For a document: an object that has none of these fields. Under `not`, it says "one of them at least"; as alternatives,
 * generators would make a type of each.
 */
export function without(...names: readonly string[]): Schema {
  return { allOf: names.map((name) => ({ not: { required: [name] } })) };
}

/** For a document, under `not`: what is one of the two is refused. Without `anyOf`, of which generators make a type. */
export function neither(one: Schema, other: Schema): Schema {
  return { not: { allOf: [{ not: one }, { not: other }] } };
}
