import { fetchJson } from './api/http.ts';
import type { ServerClock } from './clock/server-clock.ts';

/** Where the services are. */
export interface Config {
  readonly chatUrl: string;
  readonly tradeUrl: string;
  /** Of the shop's back end, which leads to the page to pay on; null: it has none. */
  readonly payUrl: string | null;
}

/** Asks the site. An empty URL there means its own origin. @throws ApiError */
export async function loadConfig({ heard }: ServerClock): Promise<Config> {
  const { chatUrl, tradeUrl, payUrl } = await fetchJson<Config>('/config.json', { heard });
  return { chatUrl: chatUrl || location.origin, tradeUrl: tradeUrl || location.origin, payUrl: payUrl || null };
}
