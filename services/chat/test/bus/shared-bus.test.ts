import { expect, it } from 'vitest';
import { createLocalBus, createLocalExchange } from '../../src/bus/local-bus.ts';
import { createSharedBus } from '../../src/bus/shared-bus.ts';
import type { Bus } from '../../src/room/ports/bus.ts';
import { busContract } from '../contract/bus.contract.ts';
import { listenTo, messageSignal } from '../fixture/signals.ts';

busContract('a branch of a local one', async () => {
  const exchange = createLocalExchange();
  return { bus: async () => createSharedBus(createLocalBus({ exchange })).branch(), close: async () => {} };
});

it('a branch hears what it follows, and goes on hearing it when another one has had enough', async () => {
  const exchange = createLocalExchange();
  const far: Bus = createLocalBus({ exchange });
  const shared = createSharedBus(createLocalBus({ exchange }));
  const [one, two] = [shared.branch(), shared.branch()];
  const [first, second] = [listenTo(one), listenTo(two)];
  await Promise.all([one.follow('both'), two.follow('both'), two.follow('second')]);
  far.publish(messageSignal('both', 1));
  far.publish(messageSignal('second', 1));
  await second.until((heard) => heard.length === 2);
  expect(first.heard.map(({ roomId }) => roomId)).toEqual(['both']);
  one.unfollow('both');
  far.publish(messageSignal('both', 2));
  await second.until((heard) => heard.length === 3);
  expect(first.heard).toHaveLength(1);
  await two.close();
  await one.follow('second');
  far.publish(messageSignal('second', 2));
  await first.until((heard) => heard.length === 2);
  expect(second.heard).toHaveLength(3);
});
