interface Operation {
  readonly operationId?: string;
  readonly security?: readonly object[];
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
}

/** As much of an OpenAPI document as generated clients take their names from. */
interface NamedDocument {
  readonly servers?: readonly object[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: object; readonly securitySchemes: object };
}

/** What a generator of clients would have no name for, two things by one name, or a type that nothing uses. */
export function namelessParts(document: NamedDocument): string[] {
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ route: `${method} ${path}`, operation })),
  );
  const ids = operations.map(({ operation }) => operation.operationId ?? '');
  const types = [...Object.keys(document.components.schemas), ...Object.keys(document.components.securitySchemes)];
  const text = JSON.stringify(document);
  return [
    ...(document.servers?.length ? [] : ['the document names no server']),
    ...operations.flatMap(({ route, operation: { operationId, security, parameters = [] } }) => [
      ...(/^[a-z][A-Za-z]+$/.test(operationId ?? '') ? [] : [`${route} has no operationId`]),
      ...(security ? [] : [`${route} does not say who may call it`]),
      ...twice(
        parameters.map(({ name }) => name.replace(/(?:-|^)(\w)/g, (_, letter: string) => letter.toUpperCase())),
      ).map((name) => `${route} has two parameters by the name of ${name}`),
    ]),
    ...twice(ids.map((id) => id.toLowerCase())).map((id) => `two operations are called ${id}`),
    ...twice(types.map((name) => name.toLowerCase())).map((name) => `two types are called ${name}`),
    ...Object.keys(document.components.schemas)
      .filter((name) => !text.includes(`"#/components/schemas/${name}"`))
      .map((name) => `nothing refers to ${name}`),
  ];
}

function twice(names: readonly string[]): string[] {
  return names.filter((name, i) => names.indexOf(name) < i);
}
