import type { IncomingMessage } from 'node:http';

/** Headers that ask for another protocol (RFC 9110 §7.8, RFC 7540 §3.2.1), and that `Connection` names. */
const OF_UPGRADES = new Set(['upgrade', 'http2-settings']);

/** Whether the request offers WebSocket, perhaps beside others, as RFC 6455 §4.1 has it. */
export function offersWebSocket({ method, headers, httpVersion }: IncomingMessage): boolean {
  return method === 'GET' && httpVersion === '1.1' && tokensOf(headers.upgrade).includes('websocket');
}

/**
 * The head of a request as it came, but without what asks for another protocol: its bytes are those of an ordinary
 * request. Null where it can not be told: Node drops headers beyond 1 000, and among them may be the body's length.
 */
export function ordinaryHead({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer | null {
  if (rawHeaders.length >= 2_000) return null;
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const [name, value] = [rawHeaders[i]!, rawHeaders[i + 1]!];
    if (OF_UPGRADES.has(name.toLowerCase())) continue;
    if (name.toLowerCase() !== 'connection') {
      lines.push(`${name}: ${value}`);
      continue;
    }
    const rest = tokensOf(value).filter((token) => !OF_UPGRADES.has(token));
    if (rest.length > 0) lines.push(`${name}: ${rest.join(', ')}`);
  }
  // What Node gives as text it has read a byte a character. A line within a line would be another header.
  if (lines.some((line) => /[\r\n\0]/.test(line))) return null;
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

/** A comma list's members, in small letters. */
function tokensOf(list: string | undefined): string[] {
  return (list ?? '')
    .split(',')
    .map((token) => token.trim().toLowerCase())
    .filter((token) => token !== '');
}
