import type { Product } from '@gongu/shared';
import { buyerOf, type Shopper } from '@gongu/sim';
import { SHOPPERS } from '../cast.ts';
import { confirm, eventually, type Scene } from '../scene.ts';
import { CAP } from './product-and-room.ts';

/** Places that stay free until the end. */
const LEFT_FOR_LATER = 3;

/** One buys in trade. Returns the status and the code of the answer. */
function buy({ system, cast, productId }: Scene, shopper: Shopper) {
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

/** Two guests of the room and two from outside want the last three places at the same moment. */
export async function lastPlaces(scene: Scene): Promise<string> {
  const { cast, say } = scene;
  const bought = new Set([...cast.ledger.rows.values()].map(buyerOf));
  const guests = cast.everybody().filter(({ userId }) => !bought.has(userId) && userId !== 'seller');
  const inside = guests.filter(({ place }) => place === 'in').slice(0, 2);
  const outside = guests.filter(({ place }) => place === 'out').slice(0, LEFT_FOR_LATER + 1 - inside.length);
  const wanting = [...inside, ...outside];
  confirm(wanting.length === LEFT_FOR_LATER + 1, `${LEFT_FOR_LATER + 1} who want the last ${LEFT_FOR_LATER} places`);
  const answers = await Promise.all(wanting.map((shopper) => buy(scene, shopper)));
  wanting.forEach((shopper, i) => {
    const { status, code } = answers[i]!;
    say(
      `   ${cast.nicknameOf(shopper)} (${shopper.place === 'in' ? 'guest' : 'from outside'}): ${status} ${code ?? 'bought'}`,
    );
  });
  const refused = answers.filter(({ status, code }) => status === 409 && code === 'CAP_REACHED');
  confirm(answers.filter(({ status }) => status === 201).length === LEFT_FOR_LATER, `${LEFT_FOR_LATER} get a place`);
  confirm(refused.length === 1, 'one is refused with CAP_REACHED');
  const { status, reason, seatsLeft } = await productNow(scene);
  say(`   the product is ${status} (${reason}), ${seatsLeft} places left`);
  confirm(status === 'CLOSED' && reason === 'FULL' && seatsLeft === 0, 'CLOSED, FULL');
  return `${LEFT_FOR_LATER} bought, 1 refused (CAP_REACHED)`;
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
