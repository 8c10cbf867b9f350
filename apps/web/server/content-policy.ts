import type { ServiceUrls } from './service-urls.ts';

/**
 * The page's `Content-Security-Policy`: its own scripts and styles, pictures of sellers and of conversations over HTTPS or from
 * the services, and connections to the two services. No inline code and no `eval`.
 */
export function contentPolicy({ chatUrl, tradeUrl }: ServiceUrls): string {
  const services = [chatUrl, chatUrl.replace(/^http/, 'ws'), tradeUrl].filter((url) => url !== '');
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    // `blob:`: a picture that is about to be sent.
    `img-src ${["'self'", 'https:', 'data:', 'blob:', chatUrl].filter((one) => one !== '').join(' ')}`,
    "font-src 'self'",
    `connect-src ${["'self'", ...services].join(' ')}`,
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}
