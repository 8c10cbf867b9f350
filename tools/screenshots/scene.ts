import type { Product } from '@gongu/shared';
import type { System } from '@gongu/sim';
import { ensureSamples } from '../start/samples.ts';

/** What people say in the picture. `by` null: the seller, as a notice. */
const TALK: readonly { by: string | null; text: string }[] = [
  { by: '하늘', text: '혹시 당도는 어느 정도인가요?' },
  { by: 'seller-1', text: '올해는 12브릭스 이상만 골라서 보내요' },
  { by: '민지', text: '작년에 샀는데 정말 달았어요. 두 상자 참여했습니다!' },
  { by: null, text: '월요일 아침에 한꺼번에 발송합니다. 주소를 확인해 주세요.' },
  { by: '준호', text: '그럼 화요일에 받겠네요. 저도 참여요' },
];
const BUYERS = [
  '하늘',
  '민지',
  '준호',
  '서연',
  '도윤',
  '지우',
  '예린',
  '태오',
  '수아',
  '건우',
  '라온',
  '이든',
  '나래',
  '다온',
];

/** The samples with buyers and a conversation, as on a good day. */
export async function setScene(system: System, signal: AbortSignal): Promise<Product[]> {
  const { auth, calls, chatUrl, trade } = system;
  const token = (userId: string, roles: readonly string[] = []) =>
    auth.signUser({ userId, nickname: userId, roles }, 3_600);
  const seller = token('seller-1', ['seller']);
  const { products } = await ensureSamples({
    ...{ tradeUrl: trade.url, sellerId: 'seller-1', sellerToken: seller },
    ...{ now: Date.now, signal },
  });
  const act = async (who: string, url: string, body: unknown) => {
    const { status, code } = await calls.as(who, 'POST', url, body);
    if (status >= 300) throw new Error(`${url} was answered with ${status} ${code}`);
  };
  for (const [i, { id }] of products.entries()) {
    for (const buyer of BUYERS.slice(0, BUYERS.length - 4 * i)) {
      await act(token(buyer), `${trade.url}/api/products/${id}/participations`, { quantity: buyer === '민지' ? 2 : 1 });
    }
  }
  const room = `${chatUrl}/api/chat/rooms/${products[0]!.roomId}`;
  for (const { by } of TALK) if (by !== null && by !== 'seller-1') await act(token(by), `${room}/participants`, {});
  for (const [i, { by, text }] of TALK.entries()) {
    const kind = by === null ? 'NOTIFICATION' : 'CHAT';
    const who = by === null || by === 'seller-1' ? seller : token(by);
    await act(who, `${room}/messages`, { clientMessageId: `scene-${i}`, content: text, kind });
  }
  return products;
}
