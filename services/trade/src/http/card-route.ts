import { type Http, OF_ONE_KIND, problems } from '@gongu/host';
import { formatMoney, type Product, writeAmount } from '@gongu/shared';
import { z } from 'zod';
import type { Products } from '../product/products.ts';
import { ProductPath } from './product-path.ts';

const NO_URL = 'must be an http or https URL';
const httpUrl = z
  .url({ protocol: /^https?$/, error: NO_URL })
  .regex(/^[Hh][Tt][Tt][Pp][Ss]?:\/\/[^\s\\/?#]\S*$/, { error: NO_URL })
  .max(2_048);
const CardQuery = z.object({
  url: httpUrl.optional().meta({ description: "the product's page in the shop; without it the card names no page" }),
  tradeUrl: httpUrl
    .optional()
    .meta({ description: 'where browsers reach trade, for pictures; default: on the origin of the page' }),
});
/** A picture of the shop's own, for a product without one: scrapers show no SVG. */
const OWN_PICTURE = '/icons/512.png';
/** Messengers cut what is longer. */
const DESCRIPTION_CHARS = 200;

/** What messengers show of a link to a product: elements for the head of its page. */
export function cardRoute(app: Http, { products }: { products: Pick<Products, 'get'> }): void {
  app.get(
    '/api/products/:id/card',
    {
      schema: {
        tags: ['products'],
        operationId: 'getProductCard',
        summary:
          "Open Graph tags for the head of a product's page, in the language that is asked for (Korean or English)",
        params: ProductPath,
        querystring: CardQuery,
        response: {
          200: { description: 'meta elements', content: { 'text/html': { schema: z.string() } } },
          ...problems(...OF_ONE_KIND, 'NOT_FOUND'),
        },
      },
    },
    async (request, reply) => {
      const product = await products.get(request.params.id);
      reply.header('cache-control', 'no-store').header('vary', 'accept-language').type('text/html; charset=utf-8');
      return cardOf(product, { ...request.query, locale: localeOf(request.headers['accept-language']) });
    },
  );
}

function cardOf(
  product: Product,
  { url, tradeUrl = url, locale }: { url?: string | undefined; tradeUrl?: string | undefined; locale: 'ko' | 'en' },
): string {
  const first = tradeUrl === undefined ? undefined : product.pictures[0];
  const other = product.imageUrl ?? (url === undefined ? undefined : new URL(OWN_PICTURE, url).href);
  const facts = [
    formatMoney(product.currentPrice, locale),
    ...(locale === 'ko' ? inKorean(product) : inEnglish(product)),
  ];
  const text = [facts.join(' · '), product.description.replace(/\s+/g, ' ').trim()].filter((one) => one !== '');
  const tags: readonly (readonly [name: string, value: string | undefined])[] = [
    ['og:type', 'product'],
    ['og:site_name', locale === 'ko' ? '공구' : 'Gongu'],
    ['og:locale', locale === 'ko' ? 'ko_KR' : 'en_US'],
    ['og:title', product.title],
    ['og:description', cut(text.join(' — '), DESCRIPTION_CHARS)],
    ['og:url', url],
    ['og:image', first ? new URL(first.url, tradeUrl).href : other],
    ['og:image:width', first && String(first.width)],
    ['og:image:height', first && String(first.height)],
    ['product:price:amount', writeAmount(product.currentPrice)],
    ['product:price:currency', product.currentPrice.currency],
  ];
  return tags
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `<meta property="${name}" content="${escaped(value!)}">\n`)
    .join('');
}

function inKorean({ participantCount, maxParticipants, status, deadline }: Product): string[] {
  const taken = `${maxParticipants}자리 중 ${participantCount}자리 참여`;
  const until = `${momentOf(deadline, 'ko')} 마감`;
  return [taken, status === 'RECRUITING' ? until : status === 'CLOSED' ? '모집 완료' : '취소됨'];
}

function inEnglish({ participantCount, maxParticipants, status, deadline }: Product): string[] {
  const taken = `${participantCount} of ${maxParticipants} places taken`;
  const until = `until ${momentOf(deadline, 'en')}`;
  return [taken, status === 'RECRUITING' ? until : status === 'CLOSED' ? 'complete' : 'cancelled'];
}

/** A scraper has no zone of its own: Korea's in Korean, else UTC, which is said. */
function momentOf(iso: string, locale: 'ko' | 'en'): string {
  const zone = locale === 'ko' ? { timeZone: 'Asia/Seoul' } : ({ timeZone: 'UTC', timeZoneName: 'short' } as const);
  const fields = { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  return new Intl.DateTimeFormat(locale, { ...fields, ...zone }).format(new Date(iso));
}

/** English for who asks for it before Korean; KakaoTalk's scraper asks for nothing. */
function localeOf(accepted = ''): 'ko' | 'en' {
  const at = (code: string) => accepted.toLowerCase().search(new RegExp(`\\b${code}\\b`));
  const [korean, english] = [at('ko'), at('en')];
  return english >= 0 && (korean < 0 || english < korean) ? 'en' : 'ko';
}

/** At most so many characters, none of them cut in half. */
function cut(text: string, chars: number): string {
  const all = [...text];
  return all.length <= chars ? text : `${all.slice(0, chars - 1).join('')}…`;
}

/** For an attribute in double quotes. A lone surrogate is no text of HTML. */
function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replace(/\p{Cc}/gu, ' ')
    .replace(/\p{Surrogate}/gu, '\uFFFD');
}
