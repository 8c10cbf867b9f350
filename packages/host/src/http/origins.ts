/** `*`, or the origins that may call from a browser, as browsers write them (`https://shop.example`, no slash). */
export type AllowedOrigins = '*' | readonly string[];

/**
 * Whether a browser at `origin` may use the service. The same rule for HTTP, WebSocket and SockJS. No `Origin` header
 * means that no browser is involved, or that it is the same site's navigation: allowed.
 */
export function isOriginAllowed(origin: string | undefined, allowed: AllowedOrigins): boolean {
  return origin === undefined || allowed === '*' || allowed.includes(origin.toLowerCase());
}
