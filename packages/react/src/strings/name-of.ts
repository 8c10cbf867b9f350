import type { PublicUser } from '@gongu/client';

/** A user's name as it is shown: with the tag, where several bear the nickname. */
export function nameOf({ nickname, tag }: Pick<PublicUser, 'nickname' | 'tag'>): string {
  return tag ? `${nickname}#${tag}` : nickname;
}

/** The same; of who was erased, that he was. */
export function shownName(user: Pick<PublicUser, 'nickname' | 'tag'>, { erasedUser }: { erasedUser: string }): string {
  return nameOf(user) || erasedUser;
}
