import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { System } from '@gongu/sim';
import type { ServiceName } from './generator.ts';

/** What the calls are about, and what they must find. */
export interface Shop {
  readonly documents: Readonly<Record<ServiceName, string>>;
  /** For the programs that call. */
  readonly env: Readonly<Record<string, string>>;
  readonly urls: Readonly<Record<ServiceName, string>>;
}

const TITLE = '제주 감귤 10kg';
const TEXT = '안녕하세요';

/** What a call prints: of trade a product that has not ended, in whatever word its language has for null; of chat a room. */
export const EXPECTED: Readonly<Record<ServiceName, RegExp>> = {
  trade: new RegExp(`^${TITLE} RECRUITING (?:null|None|true)$`, 'm'),
  chat: new RegExp(`^3 room\\.opened ${TEXT}$`, 'm'),
};

/** A product whose room has three messages: that it was opened, that somebody joined, and what he said. */
export async function openShop({ trade, chatUrl, auth, calls }: System, folder: string): Promise<Shop> {
  const tokenOf = (userId: string, roles: string[]) => auth.signUser({ userId, nickname: userId, roles }, 3_600);
  const product = await calls.as<{ id: string }>(tokenOf('seller-1', ['seller']), 'POST', `${trade.url}/api/products`, {
    ...{ title: TITLE, price: { amount: 23_000, currency: 'KRW' }, maxParticipants: 30 },
    deadline: new Date(Date.now() + 86_400_000).toISOString(),
  });
  const token = tokenOf('ann', []);
  const room = `${chatUrl}/api/chat/rooms/${product.body.id}`;
  await until(async () => (await calls.as(token, 'POST', `${room}/participants`, {})).status === 201);
  await calls.as(token, 'POST', `${room}/messages`, { clientMessageId: 'c-1', content: TEXT });

  const urls = { trade: trade.url, chat: chatUrl };
  mkdirSync(folder, { recursive: true });
  const save = async (service: ServiceName) => {
    const path = join(folder, `${service}.json`);
    writeFileSync(path, await (await fetch(`${urls[service]}/openapi.json`)).text());
    return path;
  };
  const documents = { trade: await save('trade'), chat: await save('chat') };
  return {
    documents,
    urls,
    env: { TOKEN: token, PRODUCT: product.body.id, TRADE_URL: urls.trade, CHAT_URL: urls.chat },
  };
}

/** Trade tells chat of a product a moment after it is made. */
async function until(done: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (await done()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the product has no room after ten seconds');
}
