import type { ServiceUrls } from './service-urls.ts';

/**
 * The page's `Content-Security-Policy`: its own scripts and styles, pictures of sellers and of conversations over HTTPS or from
 * the services, and connections to the two services. No inline code and no `eval`.
 *
 * @param filesOrigin where browsers put and get files of messages, where that is an S3: `https://files.shop.example`
 */
export function contentPolicy({ chatUrl, tradeUrl, payUrl = '' }: ServiceUrls, filesOrigin = ''): string {
  const listed = (...sources: string[]) => sources.filter((one) => one !== '').join(' ');
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    // `blob:`: a picture that is about to be sent.
    `img-src ${listed("'self'", 'https:', 'data:', 'blob:', chatUrl, tradeUrl, filesOrigin)}`,
    "font-src 'self'",
    `connect-src ${listed("'self'", chatUrl, chatUrl.replace(/^http/, 'ws'), tradeUrl, payUrl, filesOrigin)}`,
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}
