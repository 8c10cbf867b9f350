import { type Message, type Product, Upload } from '@gongu/shared';
import type { System } from '@gongu/sim';
import { ensureSamples } from '../start/samples.ts';

interface Said {
  readonly by: string | null;
  readonly text: string;
  /** The place in this list of the one that it answers. */
  readonly answers?: number;
  readonly mentions?: readonly string[];
  readonly hasPicture?: boolean;
}

/** What people say in the picture. `by` null: the seller, as a notice. */
const TALK: readonly Said[] = [
  { by: '하늘', text: '혹시 당도는 어느 정도인가요?' },
  { by: 'seller-1', text: '올해는 12브릭스 이상만 골라서 보내요' },
  { by: '민지', text: '작년에 샀는데 정말 달았어요. 두 상자 참여했습니다!' },
  { by: null, text: '월요일 아침에 한꺼번에 발송합니다. 주소를 확인해 주세요.' },
  { by: '준호', text: '그럼 화요일에 받겠네요. 저도 참여요', answers: 3 },
  { by: 'seller-1', text: '@하늘 이렇게 담아서 보내 드려요', mentions: ['하늘'], hasPicture: true },
];
/** Which of these are reacted to, by what and by whom; and which is pinned. */
const REACTIONS = [
  { to: 4, emoji: '👍', by: ['하늘', '민지', '준호'] },
  { to: 5, emoji: '🍊', by: ['하늘', '준호'] },
];
const PINNED = 1;
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

/**
 * The samples with buyers and a conversation, as on a good day.
 *
 * @param picture a PNG, which the seller sends
 */
export async function setScene(system: System, picture: Buffer, signal: AbortSignal): Promise<Product[]> {
  const { auth, calls, chatUrl, trade } = system;
  const token = (userId: string) => auth.signUser({ userId, nickname: userId, roles: [] }, 3_600);
  const seller = auth.signUser({ userId: 'seller-1', nickname: '감귤농장', roles: ['seller'] }, 3_600);
  const { products } = await ensureSamples({
    ...{ tradeUrl: trade.url, sellerId: 'seller-1', sellerToken: seller },
    ...{ now: Date.now, signal },
  });
  const act = async <T>(who: string, url: string, body: unknown, method = 'POST'): Promise<T> => {
    const answer = await calls.as<T>(who, method, url, body);
    if (answer.status >= 300) throw new Error(`${url} was answered with ${answer.status} ${answer.code}`);
    return answer.body;
  };
  for (const [i, { id }] of products.entries()) {
    for (const buyer of BUYERS.slice(0, BUYERS.length - 4 * i)) {
      await act(token(buyer), `${trade.url}/api/products/${id}/participations`, { quantity: buyer === '민지' ? 2 : 1 });
    }
  }
  const room = `${chatUrl}/api/chat/rooms/${products[0]!.roomId}`;
  for (const { by } of TALK) if (by !== null && by !== 'seller-1') await act(token(by), `${room}/participants`, {});
  /** The id of the picture, uploaded by that one. */
  async function upload(who: string): Promise<string> {
    const announced = { name: '감귤 한 상자.png', type: 'image/png', bytes: picture.length };
    const { uploadId, method, url, headers } = Upload.parse(await act(who, `${room}/uploads`, announced));
    const put = await fetch(new URL(url, chatUrl), { method, headers, body: new Uint8Array(picture), signal });
    if (!put.ok) throw new Error(`The picture was answered with ${put.status}`);
    await act(who, `${room}/uploads/${uploadId}/complete`, {});
    return uploadId;
  }

  const said: Message[] = [];
  for (const [i, { by, text, answers, mentions, hasPicture }] of TALK.entries()) {
    const kind = by === null ? 'NOTIFICATION' : 'CHAT';
    const who = by === null || by === 'seller-1' ? seller : token(by);
    const attachments = hasPicture ? [await upload(who)] : undefined;
    const replyTo = answers === undefined ? null : said[answers]!.messageId;
    const message = { clientMessageId: `scene-${i}`, content: text, kind, replyTo, mentions, attachments };
    said.push(await act<Message>(who, `${room}/messages`, message));
  }
  for (const { to, emoji, by } of REACTIONS) {
    const url = `${room}/messages/${said[to]!.seq}/reactions/${encodeURIComponent(emoji)}`;
    for (const each of by) await act(token(each), url, undefined, 'PUT');
  }
  await act(seller, `${room}/pins/${said[PINNED]!.seq}`, undefined, 'PUT');
  return products;
}
