import { AppError, type FieldError, hasForbiddenCharacters } from '@gongu/shared';
import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route takes any text, for instance frames of a protocol in which NUL has a meaning. */
    anyText?: boolean;
  }
}

/** Deeper JSON is nobody's message, and recursive code behind would pay for it. */
const MAX_DEPTH = 64;

/**
 * Refuses NUL and lone surrogates in every string of parameters, query and body, on every route: PostgreSQL can't store
 * the one, UTF-8 has no form for the other. Routes with `config: { anyText: true }` are left out.
 */
export function guardTexts(app: FastifyInstance): void {
  app.addHook('onRequest', async (request) => {
    const query = request.url.split('?', 2)[1];
    if (query?.includes('%') && !isDecodable(query)) {
      throw new AppError('VALIDATION_FAILED', { detail: 'The query has a bad percent-encoding' });
    }
  });
  app.addHook('preValidation', async (request) => {
    if (request.routeOptions.config.anyText) return;
    for (const part of [request.params, request.query, request.body]) {
      const problem = findBadText(part);
      if (problem) throw new AppError('VALIDATION_FAILED', { errors: [problem] });
    }
  });
}

/** The first string (or name) in `value` that can't be stored, with its path; `undefined` when all are good. */
function findBadText(value: unknown): FieldError | undefined {
  const open: { value: unknown; path: string; depth: number }[] = [{ value, path: '', depth: 0 }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { value: one, path, depth } = next;
    if (typeof one === 'string') {
      if (hasForbiddenCharacters(one)) return { path, message: 'must not contain NUL or a lone surrogate' };
      continue;
    }
    if (typeof one !== 'object' || one === null || ArrayBuffer.isView(one)) continue;
    if (depth === MAX_DEPTH) return { path: '', message: `must not be nested deeper than ${MAX_DEPTH} levels` };
    for (const [name, child] of Object.entries(one)) {
      if (hasForbiddenCharacters(name)) return { path, message: 'has a name with NUL or a lone surrogate' };
      open.push({ value: child, path: path === '' ? name : `${path}.${name}`, depth: depth + 1 });
    }
  }
  return undefined;
}

function isDecodable(query: string): boolean {
  try {
    decodeURIComponent(query);
    return true;
  } catch {
    return false;
  }
}
