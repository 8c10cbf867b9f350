import { expect, it } from 'vitest';
import { createLocalBus, createLocalExchange } from '../../src/bus/local-bus.ts';
import { busContract } from '../contract/bus.contract.ts';

busContract('local', async () => {
  const exchange = createLocalExchange();
  return { bus: async () => createLocalBus({ exchange }), close: async () => {} };
});

it('asks for reads of the store once a second, as other processes are not heard at all', () => {
  const bus = createLocalBus({ exchange: createLocalExchange() });
  expect(bus.headIntervalMs()).toBe(1_000);
  expect(bus.state()).toBe('off');
});
