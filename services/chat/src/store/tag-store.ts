import { randomInt } from 'node:crypto';
import { written } from '@gongu/host';
import type { TagStore } from '../room/ports/tag-store.ts';
import type { PrismaClient } from './generated/client.ts';

/** Random tries before a free tag is looked for in order; with half the tags taken, eight fail once in 256 times. */
const RANDOM_TRIES = 8;

/** Tags in PostgreSQL: the primary key decides between two instances that draw the same one. */
export function createTagStore({ prisma }: { prisma: PrismaClient }): TagStore {
  const take = async (nickname: string, tag: string, owner: Parameters<TagStore['claim']>[1]) =>
    (await written(
      () => prisma.$executeRaw`INSERT INTO chat.nickname_tags (nickname, tag, user_id, visitor)
      VALUES (${nickname}, ${tag}, ${owner.userId}, ${owner.visitor})
      ON CONFLICT DO NOTHING`,
    )) === 1;

  return {
    async claim(nickname, owner) {
      for (let i = 0; i < RANDOM_TRIES; i++) {
        const tag = String(randomInt(10_000)).padStart(4, '0');
        if (await take(nickname, tag, owner)) return tag;
      }
      const rows = await prisma.$queryRaw<{ tag: string }[]>`
        SELECT t.tag FROM (SELECT lpad(n::text, 4, '0') AS tag FROM generate_series(0, 9999) n) t
        WHERE NOT EXISTS (SELECT 1 FROM chat.nickname_tags k WHERE k.nickname = ${nickname} AND k.tag = t.tag)
        LIMIT 32`;
      for (const { tag } of rows) if (await take(nickname, tag, owner)) return tag;
      return null;
    },

    async keep({ userId, nickname, tag }) {
      const kept = await written(
        () => prisma.$executeRaw`INSERT INTO chat.nickname_tags AS t (nickname, tag, user_id)
        VALUES (${nickname}, ${tag}, ${userId}) ON CONFLICT (nickname, tag) DO UPDATE
        SET user_id = ${userId}, visitor = false, used_at = clock_timestamp()
        WHERE t.user_id IS NULL OR t.user_id = ${userId}`,
      );
      return kept === 1;
    },
  };
}
