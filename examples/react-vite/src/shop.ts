// What this page asks of the two services beside the conversation. Where they are: VITE_CHAT_URL and VITE_TRADE_URL.
export const CHAT_URL: string = import.meta.env.VITE_CHAT_URL ?? 'http://127.0.0.1:8080';
const TRADE_URL: string = import.meta.env.VITE_TRADE_URL ?? 'http://127.0.0.1:8081';

/** A product, as far as it is shown here. All of its fields: docs/http-api.md. */
export interface Product {
  readonly id: string;
  readonly title: string;
  readonly seatsLeft: number;
  readonly status: 'RECRUITING' | 'CLOSED' | 'CANCELLED';
}

export interface User {
  readonly userId: string;
  readonly nickname: string;
  readonly token: string;
}

/**
 * Signs anybody in as anybody: what `pnpm start` allows, and no shop. Yours has a sign-in, which signs the token: step 1 of
 * "How a shop plugs in" in the README.
 */
export async function signIn(nickname: string): Promise<User> {
  const { token, user } = await call<{ token: string; user: { userId: string } }>('/api/dev/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ nickname }),
  });
  return { userId: user.userId, nickname, token };
}

export async function products(): Promise<readonly Product[]> {
  return (await call<{ items: Product[] }>('/api/products?status=RECRUITING')).items;
}

export function product(id: string): Promise<Product> {
  return call(`/api/products/${id}`);
}

/** The service said no: the same request is answered alike. The message is the code of the refusal. */
export class Refused extends Error {}

/** Takes a place. The same key again takes no second one, however often an answer was lost. */
export async function takePart(id: string, user: User, key: string): Promise<void> {
  await call(`/api/products/${id}/participations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${user.token}`, 'idempotency-key': key },
  });
}

/** Calls back whenever seats or status of a product may have changed. @returns the way to stop */
export function onChange(id: string, changed: () => void): () => void {
  const events = new EventSource(`${TRADE_URL}/api/products/events?productId=${id}`);
  for (const name of ['ready', 'reset', 'product']) events.addEventListener(name, changed);
  return () => events.close();
}

/** @throws Refused; Error where nobody knows, or not now */
async function call<T>(path: string, request?: RequestInit): Promise<T> {
  const answer = await fetch(TRADE_URL + path, request);
  const body = await answer.json();
  if (!answer.ok) throw answer.status < 500 ? new Refused(body.code) : new Error(body.code);
  return body as T;
}
