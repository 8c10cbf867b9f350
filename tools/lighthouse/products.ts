import type { System } from '@gongu/sim';

const TITLES = [
  '제주 감귤 10kg',
  '강릉 로스터리 원두 1kg',
  '철원 오대쌀 20kg',
  '논산 딸기 2kg',
  '통밀 식빵 세 덩이',
  '완도 김 100장',
];
const DAY_MS = 86_400_000;

/** As many products as a page of the list has, some of them with buyers. @returns their ids, the newest last */
export async function offerProducts({ auth, calls, trade }: System, count: number): Promise<readonly string[]> {
  const token = (userId: string, roles: readonly string[] = []) =>
    auth.signUser({ userId, nickname: userId, roles }, 3_600);
  const seller = token('seller-1', ['seller']);
  const ids: string[] = [];
  for (let n = 0; n < count; n++) {
    const { status, body } = await calls.as<{ id: string }>(seller, 'POST', `${trade.url}/api/products`, {
      title: `${TITLES[n % TITLES.length]} (${n + 1})`,
      description: '산지에서 바로 보내는 상품입니다. 모집이 끝나면 한꺼번에 발송하고, 도착까지 이틀이 걸립니다.',
      price: { amount: 20_000 + 1_000 * n, currency: 'KRW' },
      minParticipants: 3,
      maxParticipants: 30,
      deadline: new Date(Date.now() + (1 + n) * DAY_MS).toISOString(),
    });
    if (status !== 201) throw new Error(`a product was answered with ${status}`);
    ids.push(body.id);
    for (let buyer = 0; buyer < n % 7; buyer++) {
      await calls.as(token(`buyer-${buyer}`), 'POST', `${trade.url}/api/products/${body.id}/participations`, {});
    }
  }
  return ids;
}
