import { expect, it } from 'vitest';
import { createSecretSeal } from '../src/webhooks/secret-seal.ts';

it('the secret of a webhook opens as it was stored by the first version, and for that webhook alone', () => {
  const { seal, open } = createSecretSeal('a service secret of at least 32 bytes');
  expect(open('BwcHBwcHBwcHBwcHTd1TSISrc4YbKuweUsqcIgpeS0Rp+G58yik=', 'hook-1')).toBe('whsec_AAAA');
  expect(open(seal('whsec_BBBB', 'hook-2'), 'hook-2')).toBe('whsec_BBBB');
  expect(() => open(seal('whsec_BBBB', 'hook-2'), 'hook-1')).toThrow('does not open');
});
