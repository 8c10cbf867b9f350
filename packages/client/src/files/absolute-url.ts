import type { ChatClient } from '../client.ts';

/** A URL that the service gave: where it keeps the files itself, a path of its own. */
export function absoluteUrl(client: Pick<ChatClient, 'url'>, url: string): string {
  return url.startsWith('/') ? client.url + url : url;
}
