import { isObject, type JsonObject } from './json.ts';

/** One operation, of which its schemas do not say everything. */
export function clarifyOperation(operation: JsonObject, isBodyNeeded: boolean): JsonObject {
  const { parameters, requestBody, security } = operation;
  return {
    ...operation,
    // Said of each: without it, nobody knows whether it was forgotten.
    security: security ?? [],
    ...(Array.isArray(parameters) ? { parameters: parameters.map(clarifyParameter) } : {}),
    ...(isObject(requestBody) && !isBodyNeeded ? { requestBody: optional(requestBody) } : {}),
  };
}

/** A header as it is usually written: of `last-event-id` and `lastEventId`, generators make one name and use it twice. */
function clarifyParameter(parameter: JsonObject): JsonObject {
  if (parameter.in !== 'header' || typeof parameter.name !== 'string') return parameter;
  const name = parameter.name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase()).replace(/-Id$/, '-ID');
  return { ...parameter, name };
}

/** A body that may be left out. Null does the same, and is left unsaid: for null, generators make a type of its own. */
function optional(body: JsonObject): JsonObject {
  const content = isObject(body.content) ? body.content : {};
  const clear = Object.entries(content).map(([type, media]) => [
    type,
    { ...(media as JsonObject), schema: plain(media) },
  ]);
  return { ...body, required: false, content: Object.fromEntries(clear) };
}

function plain(media: unknown): unknown {
  const { schema } = media as { schema?: JsonObject };
  const { nullable: _nullable, ...rest } = schema ?? {};
  const inner = rest.allOf;
  return Array.isArray(inner) && inner.length === 1 && Object.keys(rest).length === 1 ? inner[0] : rest;
}
