import { createHash } from 'node:crypto';
import swagger from '@fastify/swagger';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Http } from '../http.ts';
import { clarifyDocument } from './clarify/document.ts';
import { type ApiDocument, DOCS_STYLE, renderDocs } from './docs-page.ts';

export interface DocsOptions {
  /** Tags of routes, in the order in which they are shown. */
  tags?: readonly { name: string; description?: string }[];
  /** Who else may call, beside users and services: names that routes have in `security`, and who that is. */
  otherCallers?: Readonly<Record<string, string>>;
}

/**
 * `/openapi.json` (OpenAPI 3.0.3, from the zod schemas of the routes) and `/docs`, a page of its own without scripts.
 * Await it before the first route: only routes that come after it are seen.
 */
export async function registerDocs(app: Http, { tags = [], otherCallers = {} }: DocsOptions = {}): Promise<void> {
  const securitySchemes = Object.fromEntries(
    Object.entries(otherCallers).map(([name, description]) => [
      name,
      { type: 'http' as const, scheme: 'bearer', bearerFormat: 'JWT', description },
    ]),
  );
  const { name, version, description } = app.serviceInfo;
  /** `post /path` of routes that do without a body: @fastify/swagger says of each that it is required. */
  const bodiless = new Set<string>();
  await app.register(swagger, {
    openapi: {
      openapi: '3.0.3',
      info: { title: name, version, description },
      servers: [{ url: '/', description: 'Where this document came from' }],
      tags: [...tags],
      components: {
        securitySchemes: {
          user: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: "A user's token" },
          service: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: "A service's token" },
          ...securitySchemes,
        },
      },
    },
    transform(document) {
      const { body } = document.schema as { body?: unknown };
      if (body instanceof z.core.$ZodType && z.core.safeParse(body, undefined).success) {
        const path = document.url.replace(/:(\w+)/g, '{$1}');
        for (const method of [document.route.method].flat()) bodiless.add(`${method.toLowerCase()} ${path}`);
      }
      return withoutBody(jsonSchemaTransform(document));
    },
    transformObject(document) {
      return clarifyDocument(jsonSchemaTransformObject(document), (operation) => !bodiless.has(operation));
    },
  });
  const hide = { schema: { hide: true } };
  const style = createHash('sha256').update(DOCS_STYLE).digest('base64');

  // Once: they are large, and a thousand of them that nobody reads must not cost anybody else a second.
  const document = once(() => JSON.stringify(app.swagger()));
  const page = once(() => renderDocs(app.swagger() as unknown as ApiDocument));

  app.get('/openapi.json', hide, async (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(document()),
  );
  app.get('/docs', hide, async (_request, reply) => {
    reply
      .header('content-security-policy', `default-src 'none'; style-src 'sha256-${style}'; frame-ancestors 'none'`)
      .type('text/html; charset=utf-8');
    return page();
  });
}

/** What `make` made when it was first asked for. */
function once(make: () => string): () => string {
  let made: string | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** `noContent` in the words that @fastify/swagger has for an answer without a body. */
function withoutBody<T extends { schema: unknown }>(transformed: T): T {
  const { response } = (transformed.schema ?? {}) as {
    response?: Record<string, { content?: object; description?: string }>;
  };
  for (const [status, answer] of Object.entries(response ?? {})) {
    if (answer.content && Object.keys(answer.content).length === 0) {
      response![status] = { type: 'null', description: answer.description ?? '' } as object;
    }
  }
  return transformed;
}
