import type { PublicUser } from '@gongu/shared';
import { fetchJson } from './http.ts';

/** A token as trade's development sign-in and chat's anonymous entry give it. */
export interface Identity {
  readonly token: string;
  readonly user: PublicUser;
}

/** Anybody becomes whom he names; trade answers only with DEV_LOGIN. @throws ApiError NOT_FOUND without it */
export function signInByNickname(tradeUrl: string, nickname: string, seller: boolean): Promise<Identity> {
  return fetchJson(`${tradeUrl}/api/dev/session`, { method: 'POST', body: { nickname, seller } });
}

/** A nickname by chance. A token from before keeps its identity. @throws ApiError */
export function enterAnonymously(chatUrl: string, token: string | null): Promise<Identity> {
  return fetchJson(`${chatUrl}/api/chat/tokens/anonymous`, { method: 'POST', body: token === null ? {} : { token } });
}
