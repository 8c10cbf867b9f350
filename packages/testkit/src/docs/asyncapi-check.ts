import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';

/** What of a document AsyncAPI 3.0 does not allow, by the schema that its makers publish; and `$ref`s that lead nowhere. */
export function asyncApiProblems(document: unknown): string[] {
  // The schema brings the meta-schema along.
  const ajv = new Ajv({ strict: false, allErrors: true, meta: false, validateSchema: false });
  addFormats.default(ajv);
  // As JSON: the package's entry loads every version there is.
  const schema: object = createRequire(import.meta.url)('@asyncapi/specs/schemas/3.0.0.json');
  const validate = ajv.compile(schema);
  validate(document);
  const found = (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath || '/'} ${message}`);
  return [
    ...found,
    ...refsIn(document).flatMap((ref) => (leadsSomewhere(document, ref) ? [] : [`${ref} leads nowhere`])),
  ];
}

function refsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = '$ref' in value && typeof value.$ref === 'string' ? [value.$ref] : [];
  return [...own, ...Object.values(value).flatMap(refsIn)];
}

function leadsSomewhere(document: unknown, ref: string): boolean {
  let at: unknown = document;
  for (const part of ref.replace(/^#\//, '').split('/')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return false;
    at = (at as Record<string, unknown>)[part];
  }
  return ref.startsWith('#/');
}
