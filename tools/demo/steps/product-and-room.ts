import type { Product, Room } from '@gongu/shared';
import type { System } from '@gongu/sim';
import { SELLER } from '../cast.ts';
import { confirm, duration, eventually, type Scene } from '../scene.ts';

export const CAP = 16;
const MINIMUM = 10;
const TITLE = '제주 감귤 10kg';

/** A seller creates a product in trade; chat opens its room by itself, and both instances have it. */
export async function createProduct(
  scene: Pick<Scene, 'say' | 'stopping'> & { readonly system: System },
): Promise<Product> {
  const { system, say } = scene;
  const token = system.auth.signUser({ ...SELLER, roles: ['seller'] }, 3_600);
  const beganAt = performance.now();
  const answer = await system.calls.as<Product>(token, 'POST', `${system.trade.url}/api/products`, {
    title: TITLE,
    description: '서귀포 농장에서 바로 보내는 노지 감귤입니다.',
    price: { amount: 23_000, currency: 'KRW' },
    minParticipants: MINIMUM,
    maxParticipants: CAP,
    deadline: new Date(Date.now() + 86_400_000).toISOString(),
  });
  confirm(answer.status === 201, `201 for a new product, not ${answer.status} ${answer.code ?? ''}`);
  const { id } = answer.body;
  say(`   trade has the product "${TITLE}" (${id}): ${CAP} places, at least ${MINIMUM}`);
  for (const { name, url } of system.chats) {
    const room = await eventually(scene, `the room of the product on ${name}`, async () => {
      const found = await system.calls.as<Room>(token, 'GET', `${url}/api/chat/rooms/${id}`);
      return found.status === 200 ? found.body : undefined;
    });
    confirm(room.status === 'ACTIVE' && room.maxParticipants === CAP, `an ACTIVE room of ${CAP} on ${name}`);
    say(`   ${name} has its room, ACTIVE, ${duration(performance.now() - beganAt)} after the product was asked for`);
  }
  return answer.body;
}
