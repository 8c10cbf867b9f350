import type { FastifySerializerCompiler } from 'fastify';
import { z } from 'zod';

/**
 * Answers are written as they are. Their schemas describe them (OpenAPI); they neither cut fields off nor refuse an
 * answer that a newer or older row has made a little different, and they cost nothing on the hot path.
 *
 * @param check true: compare each answer with its schema and throw on a difference. For tests: it keeps the
 *   documentation true.
 */
export function createSerializerCompiler(check: boolean): FastifySerializerCompiler<unknown> {
  return ({ schema, method, url, httpStatus }) =>
    (data) => {
      if (check && schema instanceof z.core.$ZodType) {
        const { error } = z.core.safeParse(schema, data);
        if (error) {
          throw new Error(
            `${method} ${url} gave a ${httpStatus} that its schema does not allow: ${z.prettifyError(error)}`,
          );
        }
      }
      return JSON.stringify(data);
    };
}
