import { SELLER, SHOPPERS } from '../cast.ts';
import { confirm, type Scene } from '../scene.ts';
import { CAP } from './product-and-room.ts';

/**
 * The seller and twenty shoppers come at once; the room takes as many as it has places.
 *
 * @param tunnel URL by which the first shopper connects, through a network that can be cut
 */
export async function joinRoom({ system, cast, say }: Scene, tunnel: string): Promise<string> {
  // One after the other: these two must have their places.
  for (const [person, urls] of [
    [SELLER, undefined],
    [SHOPPERS[0]!, [tunnel]],
  ] as const) {
    const shopper = cast.enter(person, urls);
    await shopper.until('place in the room', () => shopper.place === 'in');
  }
  const others = SHOPPERS.slice(1).map((person) => cast.enter(person));
  await Promise.all(
    others.map((shopper) => shopper.until('answer', () => shopper.place === 'in' || shopper.place === 'refused')),
  );
  await cast.settled();
  const refused = cast.everybody().filter(({ place }) => place === 'refused');
  const inside = cast.present().length - 1;
  const { participantCount } = await cast.room();
  say(`   ${inside} of ${SHOPPERS.length} shoppers and the seller are in; the room counts ${participantCount}`);
  say(`   refused with ROOM_FULL: ${refused.map((one) => cast.nicknameOf(one)).join(', ')}`);
  const sockets = await Promise.all(system.chats.map(async ({ url }) => openSockets(url)));
  say(`   sockets: ${system.chats.map(({ name }, i) => `${sockets[i]} on ${name}`).join(', ')}`);
  confirm(inside === CAP && participantCount === CAP, `${CAP} members`);
  confirm(
    refused.every(({ refusal }) => refusal === 'ROOM_FULL'),
    'ROOM_FULL for everybody else',
  );
  confirm(
    sockets.every((some) => some > 0),
    'sockets on both instances',
  );
  return `${inside} in, ${refused.length} refused (ROOM_FULL)`;
}

async function openSockets(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = [...text.matchAll(/^gongu_chat_connections\b.*? (\d+)$/gm)];
  return lines.reduce((sum, [, count]) => sum + Number(count), 0);
}
