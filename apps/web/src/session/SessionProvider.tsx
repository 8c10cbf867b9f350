import type { ChatClient } from '@gongu/client';
import type { ChatMessage, NewestNotice, PublicUser } from '@gongu/shared';
import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from 'react';
import { fetchJson, type HttpRequest } from '../api/http.ts';
import { createTrade, type Trade } from '../api/trade.ts';
import { useConnectedChat } from '../chat/useConnectedChat.ts';
import type { ServerClock } from '../clock/server-clock.ts';
import type { Config } from '../config.ts';
import { createSessions, type Session } from './session.ts';

export interface Services {
  readonly session: Session | null;
  readonly trade: Trade;
  /** See Config. */
  readonly chatUrl: string;
  readonly payUrl: string | null;
  /** The session's token, for calls to others than trade; see HttpRequest. */
  readonly token: NonNullable<HttpRequest['token']>;
  /** The newest notice in a product's room that is not deleted; null: there is none. @throws ApiError */
  noticeOf(roomId: string, signal?: AbortSignal): Promise<ChatMessage | null>;
  /** The services' time. */
  readonly clock: ServerClock;
  /** Connected as this session; null while there is none, and until the client's code is there. */
  readonly chat: ChatClient | null;
  /** @param apart in this window alone: other windows stay whose they are. @throws ApiError */
  signIn(nickname: string, seller: boolean, apart: boolean): Promise<void>;
  /** Enters as a guest with a nickname by chance. @throws ApiError */
  enterAsGuest(): Promise<void>;
  /** Out of the browser; a window that is apart, out of itself. */
  signOut(): void;
}

const Context = createContext<Services | null>(null);

export interface SessionProviderProps {
  readonly config: Config;
  readonly clock: ServerClock;
  readonly children: ReactNode;
}

/** Who uses this window, and the services as he reaches them. */
export function SessionProvider({ config, clock, children }: SessionProviderProps) {
  const { chatUrl, tradeUrl, payUrl } = config;
  const queries = useQueryClient();
  const [sessions] = useState(() => createSessions({ profile: () => localStorage, own: () => sessionStorage }));
  const [session, setSession] = useState(sessions.read);
  // Requests that are on their way ask for the session of the moment, not for that of their render.
  const current = useRef(session);

  const value = useMemo(() => {
    function become(next: Session | null, apart: boolean): void {
      const before = current.current;
      const wasApart = sessions.isApart();
      // A window that becomes apart leaves the browser whose it is.
      const isOver = before && before.userId !== next?.userId && (wasApart || !apart);
      if (isOver) void endPushes(chatUrl, before.token, wasApart);
      current.current = next;
      sessions.write(next, apart);
      setSession(next);
    }
    function take(kind: Session['kind'], { token, user }: Identity, seller: boolean, apart: boolean): void {
      become({ kind, token, userId: user.userId, nickname: user.nickname, tag: user.tag, seller }, apart);
    }
    async function token({ refresh }: { readonly refresh: boolean }): Promise<string | null> {
      const before = current.current;
      if (!before || !refresh) return before?.token ?? null;
      const { kind, nickname, seller } = before;
      const renewed = await (kind === 'guest'
        ? enterAnonymously(chatUrl, before.token)
        : signInByNickname(tradeUrl, nickname, seller));
      // Somebody else may have signed in meanwhile.
      if (current.current === before) take(kind, renewed, seller, sessions.isApart());
      return current.current?.token ?? null;
    }
    return {
      token,
      chatUrl,
      payUrl,
      trade: createTrade(tradeUrl, token, clock.heard),
      clock,
      async noticeOf(roomId: string, signal?: AbortSignal) {
        const url = `${chatUrl}/api/chat/rooms/${encodeURIComponent(roomId)}/notice`;
        return (await fetchJson<NewestNotice>(url, { token, signal })).message;
      },
      async signIn(nickname: string, seller: boolean, apart: boolean) {
        // A window that is apart and signed out is not the browser's again for that.
        const isApart = apart || (current.current === null && sessions.isApart());
        take('user', await signInByNickname(tradeUrl, nickname, seller), seller, isApart);
      },
      enterAsGuest: async () => take('guest', await enterAnonymously(chatUrl, null), false, sessions.isApart()),
      signOut: () => become(null, sessions.isApart()),
    };
  }, [chatUrl, tradeUrl, payUrl, clock, sessions]);

  // What another window has done with the browser's session is true here, too.
  useEffect(
    () =>
      sessions.watch(() => {
        const found = sessions.read();
        if (sessions.isApart() || found?.token === current.current?.token) return;
        current.current = found;
        setSession(found);
      }),
    [sessions],
  );

  const userId = session?.userId ?? null;
  const chat = useConnectedChat(chatUrl, userId, value.token);
  // What one person has seen is not the next one's to see.
  useEffect(() => {
    return userId === null ? undefined : () => queries.removeQueries({ queryKey: ['own'] });
  }, [userId, queries]);

  const services = useMemo(() => ({ ...value, session, chat }), [value, session, chat]);
  return <Context value={services}>{children}</Context>;
}

/** @throws Error where there is no provider */
export function useServices(): Services {
  const services = useContext(Context);
  if (!services) throw new Error('There is no SessionProvider above this component');
  return services;
}

/** A token as trade's development sign-in and chat's anonymous entry give it. */
interface Identity {
  readonly token: string;
  readonly user: PublicUser;
}

/**
 * What came for one person is not to be shown to the next one. As well as it goes: without a network the browser alone ends
 * it, and the service hears from the push service that it has.
 *
 * @param apart he was in one window alone: the device goes on hearing of what is the browser's own session's
 */
async function endPushes(chatUrl: string, bearer: string, apart: boolean): Promise<void> {
  try {
    const registration = await navigator.serviceWorker?.getRegistration();
    const subscription = await registration?.pushManager?.getSubscription();
    if (!subscription) return;
    const { endpoint } = subscription;
    const url = `${chatUrl}/api/chat/push-subscriptions`;
    await Promise.allSettled([
      fetchJson(url, { method: 'DELETE', body: { endpoint }, token: async () => bearer }),
      apart || subscription.unsubscribe(),
    ]);
  } catch {
    // A browser that shows no pushes.
  }
}

/** Anybody becomes whom he names; trade answers only with DEV_LOGIN. @throws ApiError NOT_FOUND without it */
function signInByNickname(tradeUrl: string, nickname: string, seller: boolean): Promise<Identity> {
  return fetchJson(`${tradeUrl}/api/dev/session`, { method: 'POST', body: { nickname, seller } });
}

/** A nickname by chance. A token from before keeps its identity. @throws ApiError */
function enterAnonymously(chatUrl: string, token: string | null): Promise<Identity> {
  return fetchJson(`${chatUrl}/api/chat/tokens/anonymous`, { method: 'POST', body: token === null ? {} : { token } });
}
