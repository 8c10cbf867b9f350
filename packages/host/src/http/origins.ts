import { isIP } from 'node:net';

/**
 * `*`, or the origins that may call from a browser, as browsers write them (`https://shop.example`, no slash);
 * `https://*.shop.example` is all that end in it, at any depth, and not `https://shop.example` itself.
 */
export type AllowedOrigins = '*' | readonly string[];

/**
 * Whether a browser at `origin` may use the service. The same rule for HTTP, WebSocket and SockJS. No `Origin` header
 * means that no browser is involved, or that it is the same site's navigation: allowed.
 */
export function isOriginAllowed(origin: string | undefined, allowed: AllowedOrigins): boolean {
  if (origin === undefined || allowed === '*') return true;
  const said = origin.toLowerCase();
  return (
    (!said.includes('*') && allowed.includes(said)) || allowed.some((one) => one.includes('*') && isBelow(said, one))
  );
}

function isBelow(origin: string, pattern: string): boolean {
  const [start, end] = pattern.split('*') as [string, string];
  if (!origin.startsWith(start) || !origin.endsWith(end)) return false;
  return /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/.test(origin.slice(start.length, -end.length));
}

/** A name as browsers look it up, an IPv6 address, or none: no list with other signs between, such as `;`. */
const HOST = /^(?:\[[0-9a-f:.]+\]|(?:[a-z0-9_-]+\.)*[a-z0-9_-]*)$/;

/**
 * An entry of `ALLOWED_ORIGINS` as browsers write it: without path, in lower case, without the scheme's own port,
 * internationalised names in their ASCII form. Undefined: no browser would ever send that.
 */
export function originOf(text: string): string | undefined {
  const [, scheme, host] = /^(https?:\/\/)\*\.(.*)$/i.exec(text) ?? [];
  if (scheme !== undefined) {
    const rest = host!.includes('*') ? undefined : originOf(scheme + host!);
    // Of a name with one label everybody can have one below.
    return rest !== undefined && hasParent(rest) ? rest.replace('://', '://*.') : undefined;
  }
  if (!URL.canParse(text)) return undefined;
  const { origin, protocol, hostname } = new URL(text);
  if (hostname.includes('*') || (/^https?:$/.test(protocol) && !HOST.test(hostname))) return undefined;
  // Apps in a web view have schemes of their own, whose origin the URL parser reports as "null".
  if (origin === 'null') return /^([a-z][a-z0-9+.-]*:\/\/[\w.-]*(?::[0-9]+)?)\/?$/i.exec(text)?.[1]?.toLowerCase();
  return protocol === 'http:' || protocol === 'https:' ? origin : undefined;
}

function hasParent(origin: string): boolean {
  const { hostname } = new URL(origin);
  return hostname === 'localhost' || (/[^.]\.[^.]/.test(hostname) && !isIP(hostname) && !hostname.startsWith('['));
}

/** Names under which nobody on the internet can have a page, reserved for this machine, networks and tests. */
const RESERVED = /(?:^|\.)(?:localhost|local|internal|home\.arpa|test|invalid)\.?$/;

/** Whether the pages of an origin are on this machine, or in its own network. */
export function isLocalOrigin(origin: string): boolean {
  const host = /^[a-z][a-z0-9+.-]*:\/\/(?:\*\.)?(\[[^\]]*\]|[^:/]*)/i.exec(origin)?.[1]?.toLowerCase() ?? '';
  if (isIP(host) === 4) return /^(?:127|10|192\.168|169\.254|172\.(?:1[6-9]|2\d|3[01]))\./.test(host);
  if (host.startsWith('[')) return /^\[(?:::1|f[cd][0-9a-f]{2}:.*|fe[89ab][0-9a-f]:.*)\]$/.test(host);
  return host !== '' && (!host.includes('.') || RESERVED.test(host));
}
