import type { Product } from '@gongu/shared';
import type { People, Person } from './people.ts';

export interface BannerOptions {
  /** The shop. */
  webUrl: string;
  chatUrl: string;
  tradeUrl: string;
  database: string;
  redis: string;
  dataDir: string;
  people: People;
  /** Sample products; may be empty when they could not be created. */
  products: readonly Product[];
  /** Seconds since the command. */
  seconds: number;
}

/** What a new user needs to go on: URLs, tokens, and lines to paste. */
export function banner(options: BannerOptions): string {
  const { webUrl, chatUrl, tradeUrl, database, redis, dataDir, people, products, seconds } = options;
  const [ann, bob] = people.shoppers as [Person, Person];
  const product = products[0];
  return [
    '',
    `gongu is ready (${seconds.toFixed(1)} s)`,
    '',
    `  shop      ${webUrl}   open it in two windows, sign in as two people, and talk`,
    `  trade     ${tradeUrl}   (${tradeUrl}/docs)`,
    `  chat      ${chatUrl}   (${chatUrl}/docs)`,
    `  database  ${database}`,
    `  redis     ${redis}`,
    `  data      ${dataDir} (secrets, logs, run.json)`,
    '',
    `A seller and two shoppers (tokens for ${people.ttlDays} days):`,
    '',
    `SELLER=${people.seller.token}`,
    `ANN=${ann.token}`,
    `BOB=${bob.token}`,
    ...(product
      ? [
          '',
          `"${product.title}" and its room, to paste after the tokens:`,
          '',
          `PRODUCT=${product.id}`,
          `curl -s ${tradeUrl}/api/products`,
          `curl -s -X POST ${tradeUrl}/api/products/$PRODUCT/participations -H "Authorization: Bearer $ANN"`,
          `curl -s ${chatUrl}/api/chat/rooms/$PRODUCT -H "Authorization: Bearer $ANN"`,
          `CHAT_URL=${chatUrl} node examples/talk.mjs "$BOB" $PRODUCT "안녕하세요"`,
        ]
      : []),
    '',
    'Ctrl-C stops everything.',
    '',
  ].join('\n');
}
