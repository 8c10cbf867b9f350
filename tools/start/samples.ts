import type { CreateProduct, Product } from '@gongu/shared';

/** A product to look at; `slug` names it in the key that makes its creation repeatable. */
interface Sample extends Omit<CreateProduct, 'deadline' | 'imageUrl' | 'pictures' | 'notices'> {
  slug: string;
  /** Days until its deadline. */
  days: number;
}

const PLAIN: Pick<CreateProduct, 'priceTiers' | 'payment' | 'waitingList'> = {
  priceTiers: [],
  payment: 'NONE',
  waitingList: false,
};

const SAMPLES: readonly Sample[] = [
  {
    slug: 'tangerines',
    title: '제주 감귤 10kg',
    description: '서귀포 농장에서 바로 보내는 노지 감귤입니다.',
    category: '과일',
    tags: ['감귤', '제주'],
    price: { amount: 23_000, currency: 'KRW' },
    priceTiers: [
      { minParticipants: 10, amount: 20_000 },
      { minParticipants: 20, amount: 18_000 },
    ],
    payment: 'NONE',
    waitingList: false,
    minParticipants: 5,
    maxParticipants: 30,
    days: 7,
  },
  {
    slug: 'coffee',
    title: '강릉 로스터리 원두 1kg',
    description: '주문이 모이면 볶아서 다음 날 보냅니다.',
    category: '커피',
    tags: ['원두', '강릉'],
    price: { amount: 31_000, currency: 'KRW' },
    ...PLAIN,
    minParticipants: 3,
    maxParticipants: 12,
    days: 4,
  },
  {
    slug: 'rice',
    title: '철원 오대쌀 20kg',
    description: '올해 수확한 햅쌀, 도정 후 바로 발송합니다.',
    category: '쌀',
    tags: ['햅쌀', '철원'],
    price: { amount: 62_000, currency: 'KRW' },
    ...PLAIN,
    minParticipants: 10,
    maxParticipants: 100,
    days: 14,
  },
];

/** Where payments are taken: one that has to be paid for, of which few are there. */
const PAID: Sample = {
  slug: 'strawberries',
  title: '논산 설향 딸기 2kg',
  description: '결제해야 자리가 확정돼요. 자리가 차면 기다릴 수 있어요.',
  category: '과일',
  tags: ['딸기', '논산'],
  price: { amount: 27_000, currency: 'KRW' },
  priceTiers: [{ minParticipants: 3, amount: 24_000 }],
  payment: 'REQUIRED',
  waitingList: true,
  minParticipants: 2,
  maxParticipants: 4,
  days: 3,
};

const DAY_MS = 86_400_000;

export interface SamplesOptions {
  tradeUrl: string;
  sellerId: string;
  sellerToken: string;
  /** Epoch milliseconds. */
  now: () => number;
  signal: AbortSignal;
  /** Whether payments are taken. @default false */
  pays?: boolean;
}

/**
 * The sample products that are recruiting, each created where there is none. A deadline is the end of a day (in
 * Seoul), so within a day the same start sends the same payload under the same key, and a repeated one changes
 * nothing.
 */
export async function ensureSamples(options: SamplesOptions): Promise<{ products: Product[]; created: number }> {
  const { tradeUrl, sellerId, sellerToken, now, signal, pays = false } = options;
  const query = new URLSearchParams({ sellerId, limit: '100' });
  const { items } = await request<{ items: Product[] }>(`/api/products?${query}`);
  const products: Product[] = [];
  let created = 0;
  for (const { slug, days, ...sample } of pays ? [...SAMPLES, PAID] : SAMPLES) {
    const same = items.filter(({ title }) => title === sample.title);
    let product = same.find(({ status, deadline }) => status === 'RECRUITING' && Date.parse(deadline) > now());
    if (!product) {
      const deadline = new Date(Math.floor(now() / DAY_MS) * DAY_MS + days * DAY_MS + 15 * 3_600_000).toISOString();
      // How many there were is part of the key: one that was sold out today is not the answer for the next.
      const key = `sample-${slug}-${deadline.slice(0, 10)}-${same.length}`;
      product = await request<Product>('/api/products', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify({ ...sample, deadline }),
      });
      created++;
    }
    products.push(product);
  }
  return { products, created };

  async function request<T>(path: string, init: RequestInit = {}): Promise<T> {
    const response = await fetch(`${tradeUrl}${path}`, {
      ...init,
      headers: { ...init.headers, authorization: `Bearer ${sellerToken}` },
      signal,
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`trade answered ${response.status}: ${text.slice(0, 300)}`);
    return JSON.parse(text) as T;
  }
}
