import { type Http, isLocalOrigin, problems } from '@gongu/host';
import { AppError, LIMITS, PublicUser, text, UserId } from '@gongu/shared';
import { z } from 'zod';

export interface DevRoutesOptions {
  /** A user's token. */
  sign: (identity: { userId: string; nickname: string; roles: string[] }, ttlSeconds: number) => string;
}

const DevSession = z.object({ token: z.string(), user: PublicUser }).meta({ id: 'DevSession' });

const TTL_SECONDS = 24 * 3_600;

/**
 * `POST /api/dev/session`, for development: anybody becomes whom he names. Registered only with `DEV_LOGIN=1`. Pages that
 * are not of this machine or its network are refused, whatever `ALLOWED_ORIGINS` says.
 */
export function devRoutes(app: Http, { sign }: DevRoutesOptions): void {
  app.post(
    '/api/dev/session',
    {
      schema: {
        tags: ['development'],
        operationId: 'createDevSession',
        summary: 'A token for a nickname, which is the user id as well; only with DEV_LOGIN=1',
        body: z.object({
          nickname: UserId.pipe(text(LIMITS.nicknameChars)).meta({ maxLength: LIMITS.nicknameChars }),
          seller: z.boolean().default(false),
        }),
        response: {
          201: DevSession,
          ...problems('ORIGIN_NOT_ALLOWED', 'TOO_LARGE'),
        },
      },
    },
    async (request, reply) => {
      const { origin } = request.headers;
      if (origin !== undefined && !isLocalOrigin(origin)) throw new AppError('ORIGIN_NOT_ALLOWED');
      const { nickname, seller } = request.body;
      const token = sign({ userId: nickname, nickname, roles: seller ? ['seller'] : [] }, TTL_SECONDS);
      reply.code(201);
      return { token, user: { userId: nickname, nickname, tag: null } };
    },
  );
}
