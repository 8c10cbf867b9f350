import { createAuth } from '@gongu/host';

/** The people of the samples: user id, and what a seller is. `POST /api/dev/session` gives the same ids. */
const PEOPLE = [
  { userId: 'seller-1', roles: ['seller'] },
  { userId: 'ann', roles: [] },
  { userId: 'bob', roles: [] },
] as const;

const TTL_DAYS = 7;

export interface People {
  seller: Person;
  shoppers: readonly Person[];
  ttlDays: number;
}

export interface Person {
  userId: string;
  token: string;
}

/** A seller and two shoppers, with fresh tokens. */
export function createPeople(secrets: { JWT_SECRET: string; SERVICE_JWT_SECRET: string }): People {
  const auth = createAuth({ jwtSecret: secrets.JWT_SECRET, serviceSecret: secrets.SERVICE_JWT_SECRET });
  const [seller, ...shoppers] = PEOPLE.map(({ userId, roles }) => ({
    userId,
    token: auth.signUser({ userId, nickname: userId, roles }, TTL_DAYS * 86_400),
  }));
  return { seller: seller!, shoppers, ttlDays: TTL_DAYS };
}
