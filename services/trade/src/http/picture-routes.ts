import { type Http, problems } from '@gongu/host';
import { AppError, Picture, PictureId } from '@gongu/shared';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Pictures } from '../product/pictures.ts';
import type { UserOf } from './caller.ts';
import { OF_ACCOUNT } from './refusals.ts';

export interface PictureRoutesOptions {
  readonly pictures: Pictures;
  readonly userOf: UserOf;
  /** Largest picture; 0: none is taken. */
  readonly maxBytes: number;
}

const TYPES: Readonly<Record<string, string>> = {
  ...{ jpg: 'image/jpeg', png: 'image/png', webp: 'image/webp', gif: 'image/gif' },
};
const bytes = { type: 'string', format: 'binary' } as const;
const PictureFile = z.object({
  file: z.string().regex(/^[0-9a-f-]{36}(?:-480)?\.(?:jpg|png|webp|gif)$/, {
    error: 'must be the name of a picture, as products have it',
  }),
});

/** Pictures of products: PUT by sellers, GET by everybody. */
export function pictureRoutes(app: Http, { pictures, userOf, maxBytes }: PictureRoutesOptions): void {
  // Where no more are taken those that are there are shown.
  const bodyLimit = Math.max(1, maxBytes);
  app.register(async (scope: FastifyInstance) => {
    const http = scope as unknown as Http;
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, (_request, body, done) => done(null, body));
    http.put(
      '/api/pictures/:pictureId',
      {
        bodyLimit,
        config: { queued: false },
        // Nobody else's megabytes are kept.
        preParsing: async (request) => pictures.mayPut(await userOf(request)),
        schema: {
          tags: ['products'],
          security: [{ user: [] }],
          operationId: 'putPicture',
          summary: 'Upload a picture for a product (seller), under a new UUID; the same again gets the same answer',
          params: z.object({ pictureId: PictureId }),
          consumes: ['image/*'],
          body: z.unknown().meta({ ...bytes, description: 'JPEG, PNG, WebP, GIF or AVIF' }),
          response: { 200: Picture, ...problems(...OF_ACCOUNT, 'UPLOAD_REFUSED', 'CONFLICT') },
        },
      },
      async (request) => {
        const user = await userOf(request);
        const body = request.body instanceof Uint8Array ? request.body : new Uint8Array();
        return pictures.put(user, request.params.pictureId, body);
      },
    );

    http.get(
      '/api/pictures/files/:file',
      {
        schema: {
          tags: ['products'],
          operationId: 'getPicture',
          summary: 'A picture of a product, by a URL that the product has; never another one by the same URL',
          params: PictureFile,
          response: {
            200: { description: 'its bytes', content: { 'image/*': { schema: z.string().meta(bytes) } } },
            ...problems('NOT_FOUND'),
          },
        },
      },
      async (request, reply) => {
        const { file } = request.params;
        const picture = await pictures.open(file);
        if (!picture) throw new AppError('NOT_FOUND', { detail: 'There is no such picture' });
        return reply
          .headers({
            'content-type': TYPES[file.slice(file.lastIndexOf('.') + 1)],
            'content-length': picture.bytes,
            'cache-control': 'public, max-age=31536000, immutable',
            'content-security-policy': "default-src 'none'; sandbox",
            'cross-origin-resource-policy': 'cross-origin',
          })
          .send(picture.body as never);
      },
    );
  });
}
