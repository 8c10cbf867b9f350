import { fetchJson } from './api/http.ts';
import type { ServerClock } from './clock/server-clock.ts';

/** Where the services are. */
export interface Config {
  readonly chatUrl: string;
  readonly tradeUrl: string;
}

/** Asks the site. An empty URL there means its own origin. @throws ApiError */
export async function loadConfig({ heard }: ServerClock): Promise<Config> {
  const { chatUrl, tradeUrl } = await fetchJson<Config>('/config.json', { heard });
  return { chatUrl: chatUrl || location.origin, tradeUrl: tradeUrl || location.origin };
}
