import { fetchJson } from './api/http.ts';

/** Where the services are. */
export interface Config {
  readonly chatUrl: string;
  readonly tradeUrl: string;
}

/** Asks the site. An empty URL there means its own origin. @throws ApiError */
export async function loadConfig(): Promise<Config> {
  const { chatUrl, tradeUrl } = await fetchJson<Config>('/config.json');
  return { chatUrl: chatUrl || location.origin, tradeUrl: tradeUrl || location.origin };
}
