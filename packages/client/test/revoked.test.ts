import { expect, test } from 'vitest';
import { connected } from './fixture/connected.ts';

const told = (code: 'TOKEN_REVOKED' | 'BLOCKED') => ({ type: 'error' as const, code, message: code, errors: [] });

test('a token that was revoked is asked for anew, and a client that is given the old one again stops', async () => {
  const { clock, carrier, asked, state } = await connected({ token: () => 'the old one' });
  carrier.last().says(told('TOKEN_REVOKED'));
  carrier.last().ends(4101);
  await clock.advance(120_000);
  expect(asked).toEqual([false, true]);
  expect(carrier.channels).toHaveLength(1);
  expect(state()).toMatchObject({ status: 'closed', error: { code: 'TOKEN_REVOKED' } });
});

test('with another token it comes back; one who is blocked stays away', async () => {
  const { clock, carrier, state } = await connected();
  carrier.last().says(told('TOKEN_REVOKED'));
  carrier.last().ends(4101);
  await clock.advance(5_000);
  expect(carrier.channels).toHaveLength(2);
  carrier.last().ready();
  expect(state().status).toBe('ready');
  carrier.last().says(told('BLOCKED'));
  carrier.last().ends(4505);
  await clock.advance(120_000);
  expect(carrier.channels).toHaveLength(2);
  expect(state()).toMatchObject({ status: 'closed', error: { code: 'BLOCKED' } });
});
