import { buyerOf } from '@gongu/sim';
import { confirm, type Scene } from '../scene.ts';
import { buy, LEFT_FOR_LATER, productNow } from './purchases.ts';

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
