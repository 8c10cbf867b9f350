import { Readable } from 'node:stream';
import type { Http } from '@gongu/host';
import { AppError } from '@gongu/shared';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** A part of a file: its first byte, and its last one. */
interface ByteRange {
  readonly start: number;
  readonly end: number;
}

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
    /** Null: nothing is there. */
    look(key: string): Promise<{ readonly bytes: number; readonly etag: string } | null>;
    /** All of it, or a part; null: nothing is there. */
    open(key: string, part?: ByteRange): Promise<{ readonly body: NodeJS.ReadableStream } | null>;
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
      const key = (request as FileRequest).params['*'];
      const file = await files.look(key);
      if (!file) throw noSuchFile();
      const { bytes, etag } = file;
      reply.headers({
        'cache-control': 'private, max-age=300',
        'content-security-policy': "default-src 'none'; sandbox",
        'cross-origin-resource-policy': 'cross-origin',
        'accept-ranges': 'bytes',
        etag,
      });
      if (request.headers['if-none-match'] === etag) return reply.status(304).send();
      const range = byteRangeOf(request.headers, file);
      if (range === 'NONE') return reply.status(416).header('content-range', `bytes */${bytes}`).send();
      const part = range === 'WHOLE' ? undefined : range;
      // Of what is only asked about nothing is read.
      const opened = request.method === 'HEAD' ? { body: Readable.from([]) } : await files.open(key, part);
      if (!opened) throw noSuchFile();
      if (part) reply.status(206).header('content-range', `bytes ${part.start}-${part.end}/${bytes}`);
      const length = part ? part.end - part.start + 1 : bytes;
      return reply
        .headers({ 'content-type': type, 'content-length': length, 'content-disposition': disposition })
        .send(opened.body);
    });
  });
}

function noSuchFile(): AppError {
  return new AppError('NOT_FOUND', { detail: 'There is no such file' });
}

interface Asked {
  readonly range?: string | undefined;
  readonly 'if-range'?: string | undefined;
}

/**
 * What a request wants of a file by `Range` (RFC 9110 §14). WHOLE: it says nothing, nothing that is one part of bytes, or
 * by `If-Range` that it has a part of another version. NONE: nothing of the file is in it.
 */
function byteRangeOf(asked: Asked, file: { bytes: number; etag: string }): ByteRange | 'WHOLE' | 'NONE' {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/i.exec(asked.range?.trim() ?? '') ?? [];
  const version = asked['if-range'] ?? file.etag;
  if (first + last === '' || version !== file.etag) return 'WHOLE';
  const end = file.bytes - 1;
  if (first === '') return Number(last) === 0 ? 'NONE' : { start: Math.max(0, file.bytes - Number(last)), end };
  const start = Number(first);
  if (last === '') return start > end ? 'NONE' : { start, end };
  if (Number(last) < start) return 'WHOLE';
  return start > end ? 'NONE' : { start, end: Math.min(end, Number(last)) };
}
