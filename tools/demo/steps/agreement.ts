import { checkAgreement, FAULT_KINDS } from '@gongu/sim';
import { confirm, count, type Scene } from '../scene.ts';
import { productNow } from './purchases.ts';

/** What was said, acknowledged, delivered and stored are one and the same, for everybody; trade and chat agree. */
export async function agreement(scene: Scene): Promise<string> {
  const { cast, say } = scene;
  const { ledger, faults } = cast;
  await cast.settled();
  const stored = await cast.stored();
  checkAgreement({ ledger, shoppers: cast.everybody(), stored });
  const sayings = [...ledger.sayings.values()];
  const acknowledged = sayings.filter(({ ack }) => ack !== null).length;
  const again = sayings.filter(({ sends }) => sends > 1).length;
  const chats = stored.filter(({ kind }) => kind === 'CHAT').length;
  say(
    `   said ${sayings.length}, acknowledged ${acknowledged}, refused as they should be ${sayings.length - acknowledged}`,
  );
  say(`   stored ${chats} of them and ${stored.length - chats} events, numbered 1 to ${stored.length} without a gap`);
  say(`   sent again because the answer was lost: ${again}; stored twice: ${faults.counts.doubled}`);
  say(
    `   ${count(cast.present().length, 'client')} in the room, the seller's among them, hold the same ${stored.length} rows`,
  );
  const [product, room] = [await productNow(scene), await cast.room()];
  say(`   trade: ${product.status} ${product.participantCount}; chat: ${room.status} ${room.committedCount}`);
  confirm(product.status === room.status && product.participantCount === room.committedCount, 'trade and chat agree');
  for (const { kind, text } of faults.list.slice(0, 20)) say(`   ${kind}: ${text}`);
  const counts = FAULT_KINDS.map((kind) => `${kind} ${faults.counts[kind]}`).join(', ');
  confirm(faults.total === 0, `no fault at all, not ${counts}`);
  confirm(chats === acknowledged, 'as many stored as acknowledged');
  return counts;
}
