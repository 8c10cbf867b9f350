import type { Http } from '@gongu/host';
import { AppError } from '@gongu/shared';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** What the routes need of a file store that is no server of its own. */
export interface FileRoutesOptions {
  readonly paths: {
    /** What a signed path allows; null: nothing; 'ENDED': nothing any more. */
    read(
      method: 'GET' | 'PUT',
      key: string,
      query: Readonly<Record<string, string>>,
    ): { readonly type: string; readonly bytes?: number; readonly disposition?: string } | 'ENDED' | null;
  };
  readonly files: {
    take(key: string, body: AsyncIterable<Uint8Array>, bytes: number): Promise<void>;
    open(key: string): Promise<{ readonly bytes: number; readonly body: NodeJS.ReadableStream } | null>;
  };
  /** Where they are, in front of a key. */
  readonly base: string;
  /** Largest file. */
  readonly maxBytes: number;
}

type FileRequest = FastifyRequest<{ Params: { '*': string }; Querystring: Record<string, string> }>;

/** PUT and GET of files by signed paths, where the service itself is the file store: no token, and not in `/openapi.json`. */
export function fileRoutes(app: Http, { paths, files, base, maxBytes }: FileRoutesOptions): void {
  function allowed(method: 'GET' | 'PUT', { params, query }: FileRequest) {
    const path = paths.read(method, params['*'], query);
    if (path && path !== 'ENDED') return path;
    const anew = method === 'PUT' ? 'announce the file anew' : 'ask for another link';
    throw new AppError('FORBIDDEN', {
      detail: path ? `The time of this path is over: ${anew}` : 'The path is not signed so',
    });
  }

  // Where no more files are taken those that are there are shown.
  const bodyLimit = Math.max(1, maxBytes);
  app.register(async (scope: FastifyInstance) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { bodyLimit }, (_request, payload, done) => done(null, payload));
    const options = { schema: { hide: true }, bodyLimit, config: { anyText: true, passesBodyOn: true } };

    scope.put(`${base}/*`, options, async (request, reply) => {
      const { type, bytes = 0 } = allowed('PUT', request as FileRequest);
      const { headers } = request;
      // As an S3 does. Of a body that says its length no more comes than that.
      if (Number(headers['content-length']) !== bytes) {
        const had = headers['content-length'] ?? 'no Content-Length';
        throw new AppError('UPLOAD_REFUSED', {
          detail: `The file was announced with ${bytes} bytes, and has ${had}`,
          refusal: 'LENGTH',
        });
      }
      if (headers['content-type'] !== type) {
        throw new AppError('UPLOAD_REFUSED', { detail: `Content-Type must be ${type}, as announced`, refusal: 'TYPE' });
      }
      if (headers['if-none-match'] !== '*') {
        throw new AppError('VALIDATION_FAILED', { detail: 'If-None-Match must be *: a file is put in its place once' });
      }
      const body = (request.body as AsyncIterable<Uint8Array> | undefined) ?? [];
      await files.take((request as FileRequest).params['*'], body as AsyncIterable<Uint8Array>, bytes);
      return reply.status(200).send();
    });

    scope.get(`${base}/*`, options, async (request, reply) => {
      const { type, disposition = 'attachment' } = allowed('GET', request as FileRequest);
      const file = await files.open((request as FileRequest).params['*']);
      if (!file) throw new AppError('NOT_FOUND', { detail: 'There is no such file' });
      return reply
        .headers({
          'content-type': type,
          'content-length': file.bytes,
          'content-disposition': disposition,
          'cache-control': 'private, max-age=300',
          'content-security-policy': "default-src 'none'; sandbox",
          'cross-origin-resource-policy': 'cross-origin',
        })
        .send(file.body);
    });
  });
}
