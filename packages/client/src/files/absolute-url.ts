import type { FileClient } from './file-client.ts';

/** A URL that the service gave: where it keeps the files itself, a path of its own. */
export function absoluteUrl(client: Pick<FileClient, 'url'>, url: string): string {
  return url.startsWith('/') ? client.url + url : url;
}
