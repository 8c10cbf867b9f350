import type { ServiceUrls } from './service-urls.ts';

/**
 * The page's `Content-Security-Policy`: its own scripts and styles, pictures of sellers over HTTPS, and connections to the
 * two services. No inline code and no `eval`.
 */
export function contentPolicy({ chatUrl, tradeUrl }: ServiceUrls): string {
  const services = [chatUrl, chatUrl.replace(/^http/, 'ws'), tradeUrl].filter((url) => url !== '');
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' https: data:",
    "font-src 'self'",
    `connect-src ${["'self'", ...services].join(' ')}`,
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}
