import type { Restriction, RestrictUser } from '@gongu/shared';
import type { Refusal, RoomChange } from './outcome.ts';

/** Who asks for it; `userId` null: the service. */
export interface Restrainer {
  readonly userId: string | null;
  readonly isAdmin: boolean;
}

/** Who may not talk in rooms, or not be there. One restriction a user and room; those that have run out are none. */
export interface RestrictionStore {
  /** Restricts a user, in place of what did before. `nickname`: of one who is not known in the room. */
  restrict(
    roomId: string,
    userId: string,
    restriction: Pick<RestrictUser, 'kind'> & { readonly until: string | null; readonly reason: string | null },
    nickname: string,
    by: Restrainer,
  ): Promise<
    | (RoomChange<'changed' | 'same'> & { readonly restriction: Restriction })
    | Refusal<
        'NOT_FOUND' | 'FORBIDDEN' | 'PROTECTED' | 'ROOM_READ_ONLY' | 'IS_BUYER' | 'UNTIL_PASSED' | 'TOO_MANY' | 'ERASED'
      >
  >;
  /** Takes it away; 'same' where there is none. */
  lift(
    roomId: string,
    userId: string,
    by: Restrainer,
  ): Promise<RoomChange<'changed' | 'same'> | Refusal<'NOT_FOUND' | 'FORBIDDEN' | 'ROOM_READ_ONLY'>>;
  /** Restrictions in the order of user ids, after the given one. */
  list(roomId: string, page: { readonly limit: number; readonly afterId: string }): Promise<readonly Restriction[]>;
  /** Nobody restricts this user from now on: he is an admin. */
  noteAdmin(userId: string): Promise<void>;
}
