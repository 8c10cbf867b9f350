/**
 * For a document: an object that has none of these fields. Under `not`, it says "one of them at least"; as alternatives,
 * generators would make a type of each.
 */
export function without(...names: readonly string[]): Record<string, unknown> {
  return { allOf: names.map((name) => ({ not: { required: [name] } })) };
}
