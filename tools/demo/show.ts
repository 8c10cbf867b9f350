import type { System } from '@gongu/sim';
import type { Lifecycle } from '@gongu/sim/supervise';
import { tcpProxy } from '@gongu/testkit';
import { createCast } from './cast.ts';
import type { Pace } from './pace.ts';
import type { Scene } from './scene.ts';
import { agreement } from './steps/agreement.ts';
import { closedRoom } from './steps/closed-room.ts';
import { joinRoom } from './steps/joins.ts';
import { killInstance } from './steps/killed-instance.ts';
import { loseNetwork } from './steps/lost-network.ts';
import { createProduct } from './steps/product-and-room.ts';
import { lastPlaces, purchases } from './steps/purchases.ts';
import { stopRedis } from './steps/stopped-redis.ts';
import { talk, typing } from './steps/talk.ts';
import type { Story } from './story.ts';

export interface ShowOptions {
  readonly system: System;
  readonly story: Story;
  readonly pace: Pace;
  readonly lifecycle: Lifecycle;
}

/** The whole story, step by step. */
export async function show({ system, story, pace, lifecycle }: ShowOptions): Promise<void> {
  const { say, step } = story;
  const { stopping } = lifecycle;
  const tunnel = await tcpProxy({ target: system.sockets[0]! });
  lifecycle.add({ name: 'the tunnel', stop: tunnel.close });
  let scene: Scene | undefined;
  /** Steps after the first one are not reached without it. */
  const on = () => scene!;

  await step('a product is created in trade, and its room appears', async () => {
    const { id } = await createProduct({ system, say, stopping });
    const cast = createCast({ system, roomId: id });
    lifecycle.add({ name: 'the shoppers', stop: cast.close });
    scene = { system, cast, pace, productId: id, say, stopping };
    return 'ACTIVE on both instances';
  });
  await step('the seller and 20 shoppers join on both instances', () =>
    joinRoom(on(), tunnel.through(system.sockets[0]!)),
  );
  await step('everybody talks', () => talk(on()));
  await step('one types', () => typing(on()));
  await step('they buy', () => purchases(on()));
  await step('one loses his network, and comes back', () => loseNetwork(on(), tunnel));
  await step('an instance is killed, and started again', () => killInstance(on()));
  await step(`Redis is stopped for ${pace.redisAwayMs / 1_000} s`, () => stopRedis(on()));
  await step('the last places are bought up to the cap', () => lastPlaces(on()));
  await step('full: the room is closed, and guests are removed', () => closedRoom(on()));
  await step('everything said is stored once and with everybody', () => agreement(on()));
}
