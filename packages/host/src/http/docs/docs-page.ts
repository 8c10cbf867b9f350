/** What the page shows of an OpenAPI document. */
export interface ApiDocument {
  info: { title: string; version: string; description?: string };
  tags?: { name: string }[];
  paths: Record<string, Partial<Record<(typeof METHODS)[number], ApiOperation>>>;
  components?: { schemas?: Record<string, unknown> };
}

interface ApiOperation {
  tags?: string[];
  summary?: string;
  description?: string;
  parameters?: { name: string; in: string; description?: string; schema?: unknown }[];
  requestBody?: { content: Record<string, { schema?: unknown }> };
  responses: Record<string, { description?: string }>;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** The page's only style sheet; its hash stands in the Content-Security-Policy. */
export const DOCS_STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1c1c1e; background: #fff; }
code { font: 14px ui-monospace, monospace; }
details { border-bottom: 1px solid #d8d8dc; padding: .4rem 0; }
summary { cursor: pointer; }
summary b { display: inline-block; min-width: 4.5rem; font: bold 14px ui-monospace, monospace; color: #0b57d0; }
pre { background: #f4f4f6; padding: .8rem; overflow: auto; font-size: 13px; }
table { border-collapse: collapse; } td { padding: .1rem .8rem .1rem 0; vertical-align: top; }
@media (prefers-color-scheme: dark) {
  body { color: #e8e8ea; background: #161618; } pre { background: #232326; } summary b { color: #8ab4f8; } a { color: #8ab4f8; }
  details { border-color: #39393d; }
}
`;

/** The document as one HTML page without scripts: every operation with its fields and answers. */
export function renderDocs(document: ApiDocument): string {
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation ? [{ method, path, operation, tag: operation.tags?.[0] ?? 'Other' }] : [];
    }),
  );
  const named = (document.tags ?? []).map(({ name }) => name);
  const tags = [...new Set([...named, ...operations.map(({ tag }) => tag)])];
  const sections = tags.map((tag) => {
    const own = operations.filter((one) => one.tag === tag);
    return own.length === 0 ? '' : `<h2>${text(tag)}</h2>${own.map(renderOperation).join('')}`;
  });
  const { title, version, description = '' } = document.info;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${text(title)}</title><style>${DOCS_STYLE}</style></head>
<body><h1>${text(title)} <small>${text(version)}</small></h1><p>${text(description)}</p>
<p>The same for programs: <a href="openapi.json">openapi.json</a></p>
${sections.join('\n')}
<h2>Schemas</h2>${Object.entries(document.components?.schemas ?? {})
    .map(renderSchema)
    .join('')}
</body></html>`;
}

function renderOperation(one: { method: string; path: string; operation: ApiOperation }): string {
  const { method, path, operation } = one;
  const rows = (operation.parameters ?? []).map(
    ({ name, in: place, description = '', schema }) =>
      `<tr><td><code>${text(name)}</code></td><td>${text(place)}</td><td>${text(description)}</td><td><code>${json(schema)}</code></td></tr>`,
  );
  const answers = Object.entries(operation.responses).map(
    ([status, { description = '' }]) => `<tr><td><code>${text(status)}</code></td><td>${text(description)}</td></tr>`,
  );
  const schemas = Object.values(operation.requestBody?.content ?? {}).map(
    ({ schema }) => `<h4>Body</h4><pre>${json(schema, 2)}</pre>`,
  );
  return `<details><summary><b>${method.toUpperCase()}</b> <code>${text(path)}</code> ${text(operation.summary ?? '')}</summary>
<p>${text(operation.description ?? '')}</p>${rows.length ? `<h4>Parameters</h4><table>${rows.join('')}</table>` : ''}
${schemas.join('')}<h4>Answers</h4><table>${answers.join('')}</table></details>`;
}

function renderSchema([name, schema]: [string, unknown]): string {
  return `<details><summary><code>${text(name)}</code></summary><pre>${json(schema, 2)}</pre></details>`;
}

function json(value: unknown, indent?: number): string {
  return text(JSON.stringify(value, null, indent) ?? '');
}

function text(value: string): string {
  return value.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
