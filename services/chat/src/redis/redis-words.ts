import { tlsWords } from '@gongu/host';

/**
 * What went wrong with Redis, for a log. Never the error itself: ioredis' carries the failed command, which may be the one
 * with the password, and Redis repeats the arguments of a command that it does not know.
 */
export function redisWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const words = tlsWords(error.message.replace(/,? with args beginning with:.*/s, ''));
  // Of all nodes of a Cluster, none of which would have us: what the last one said.
  const { lastNodeError } = error as { lastNodeError?: unknown };
  return lastNodeError instanceof Error ? `${words.replace(/\.$/, '')}: ${redisWords(lastNodeError)}` : words;
}
