import type { Room } from '@gongu/shared';
import { SHOPPERS } from '../cast.ts';
import { confirm, count, eventually, type Scene } from '../scene.ts';
import { CAP } from './product-and-room.ts';

/** The room is closed with the product: guests go, nobody comes, buyers talk on. */
export async function closedRoom(scene: Scene): Promise<string> {
  const { cast, system, say, productId } = scene;
  for (const { name, url } of system.chats) {
    const room = await eventually(scene, `a closed room on ${name}`, async () => {
      const found = await system.calls.service<Room>('GET', `${url}/api/chat/rooms/${productId}`);
      return found.status === 'CLOSED' ? found : undefined;
    });
    say(`   ${name}: ${room.status} (${room.reason}), ${room.committedCount} buyers, ${room.participantCount} members`);
    confirm(room.reason === 'FULL' && room.committedCount === CAP, `CLOSED, FULL, ${CAP} buyers on ${name}`);
    confirm(room.participantCount === CAP - 1, `${CAP - 1} members: all buyers but the one who left`);
  }
  await cast.settled();
  const removals = [...cast.ledger.rows.values()].flatMap(({ data }) => {
    const { event, reason, participant } = (data ?? {}) as {
      event?: string;
      reason?: string;
      participant?: { userId: string; nickname: string };
    };
    return event === 'participant.removed' && reason === 'NOT_A_BUYER' && participant ? [participant] : [];
  });
  say(`   removed because they did not buy: ${removals.map(({ nickname }) => nickname).join(', ')}`);
  confirm(removals.length > 0, 'a guest who is removed');
  const gone = removals.map(({ userId }) => cast.shopper(userId));
  await Promise.all(gone.map((shopper) => shopper.until('end of membership', () => shopper.place === 'out')));

  const late = gone[0]!;
  const refused = late.say('저도요?', { mayBeRefused: true });
  await late.until('refusal', () => refused.refused !== null);
  late.enter();
  await late.until('refusal', () => late.place === 'refused');
  say(`   ${cast.nicknameOf(late)} talks: ${refused.refused}; joins again: ${late.refusal}`);
  confirm(refused.refused === 'NOT_A_MEMBER' && late.refusal === 'ROOM_NOT_ACTIVE', 'NOT_A_MEMBER and ROOM_NOT_ACTIVE');

  // Those who bought from outside enter now: they are members.
  for (const { userId } of SHOPPERS) {
    const shopper = cast.shopper(userId);
    if (shopper.place !== 'out' || gone.includes(shopper)) continue;
    shopper.enter();
    await shopper.until('answer', () => shopper.place === 'in' || shopper.place === 'refused');
  }
  for (const shopper of cast.present()) shopper.say('감사합니다');
  await cast.settled();
  say(`   ${cast.present().length} who stay say thank you, and all of them have it`);
  return `CLOSED, ${count(removals.length, 'guest')} removed`;
}
