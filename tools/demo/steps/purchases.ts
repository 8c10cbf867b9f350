import type { Product } from '@gongu/shared';
import { buyerOf, type Shopper } from '@gongu/sim';
import { SHOPPERS } from '../cast.ts';
import { confirm, eventually, type Scene } from '../scene.ts';
import { CAP } from './product-and-room.ts';

/** Places that stay free until the end. */
export const LEFT_FOR_LATER = 3;

/** One buys in trade. Returns the status and the code of the answer. */
export function buy({ system, cast, productId }: Scene, shopper: Shopper) {
  const token = cast.token({ userId: shopper.userId, nickname: cast.nicknameOf(shopper) });
  return system.calls.as(token, 'POST', `${system.trade.url}/api/products/${productId}/participations`, {});
}

/**
 * Those who found the room full buy: a buyer always gets in, and the newest guests give way. Then others buy, until
 * only {@link LEFT_FOR_LATER} places are left. One buyer leaves the conversation and stays a buyer.
 */
export async function purchases(scene: Scene): Promise<string> {
  const { cast, say } = scene;
  const outside = cast.everybody().filter(({ place }) => place === 'refused');
  await expectBought(scene, outside);
  await Promise.all(
    outside.map(async (shopper) => {
      await committed(scene, shopper);
      shopper.enter();
      await shopper.until('place in the room', () => shopper.place === 'in');
    }),
  );
  const gaveWay = await eventually(scene, `${outside.length} guests who gave way`, async () => {
    const gone = cast.everybody().filter(({ place }) => place === 'out');
    return gone.length === outside.length ? gone : undefined;
  });
  say(`   ${names(scene, outside)} bought and got in`);
  say(`   ${names(scene, gaveWay)} gave way: guests, and the last to come`);

  const guests = SHOPPERS.map(({ userId }) => cast.shopper(userId)).filter(
    (shopper) => shopper.place === 'in' && !outside.includes(shopper),
  );
  const buyers = guests.slice(0, CAP - LEFT_FOR_LATER - outside.length);
  await expectBought(scene, buyers);
  for (const shopper of buyers) await committed(scene, shopper);
  const product = await productNow(scene);
  const room = await cast.room();
  say(`   ${names(scene, buyers)} bought: ${product.seatsLeft} of ${CAP} places left`);
  confirm(product.seatsLeft === LEFT_FOR_LATER, `${LEFT_FOR_LATER} places left in trade`);
  confirm(room.committedCount === CAP - LEFT_FOR_LATER, `${CAP - LEFT_FOR_LATER} buyers in chat`);

  const leaver = buyers.at(-1)!;
  leaver.leave();
  await leaver.until('end of membership', () => leaver.place === 'out');
  const guest = gaveWay[0]!;
  guest.enter();
  await guest.until('place in the room', () => guest.place === 'in');
  await cast.settled();
  const after = await cast.room();
  say(
    `   ${cast.nicknameOf(leaver)} left the conversation and stays a buyer; ${cast.nicknameOf(guest)} took the place`,
  );
  confirm(after.committedCount === room.committedCount, 'as many buyers as before');
  confirm(after.participantCount === CAP, `${CAP} members`);
  return `${after.committedCount} bought, ${gaveWay.length} guests gave way`;
}

/** The product as trade has it. */
export async function productNow({ system, productId, cast }: Scene): Promise<Product> {
  const token = cast.token({ userId: 'seller', nickname: 'seller' });
  return (await system.calls.as<Product>(token, 'GET', `${system.trade.url}/api/products/${productId}`)).body;
}

async function expectBought(scene: Scene, shoppers: readonly Shopper[]): Promise<void> {
  const answers = await Promise.all(shoppers.map((shopper) => buy(scene, shopper)));
  for (const { status, code } of answers) confirm(status === 201, `201 for a purchase, not ${status} ${code ?? ''}`);
}

/** Waits until chat knows of a purchase: it travels through trade's outbox. */
async function committed(scene: Scene, shopper: Shopper): Promise<void> {
  await eventually(scene, `${shopper.userId} is a buyer in chat`, async () => {
    const rows = [...scene.cast.ledger.rows.values()];
    return rows.some((row) => buyerOf(row) === shopper.userId) || undefined;
  });
}

function names({ cast }: Scene, shoppers: readonly Shopper[]): string {
  return shoppers.map((shopper) => cast.nicknameOf(shopper)).join(', ');
}
