import { EnvError } from '@gongu/host';
import { beforeAll, describe, expect, it } from 'vitest';
import { readTradeEnv } from '../../src/env.ts';
import { SERVICE_SECRET, USER_SECRET } from '../fixture/tokens.ts';
import { type TradeServer, testTrade } from '../fixture/trade-server.ts';

const fixture = await testTrade();
let server: TradeServer;
beforeAll(async () => {
  server = await fixture.start({ DEV_LOGIN: '1', ALLOWED_ORIGINS: '*' });
});
const signIn = (origin?: string) =>
  server.call('POST', '/api/dev/session', {
    body: { nickname: 'ann' },
    headers: origin === undefined ? {} : { origin },
  });

describe('DEV_LOGIN', () => {
  it('is a warning in the log', () => {
    const line = fixture.lines.find((one) => one.includes('dev-login.on'))!;
    expect(JSON.parse(line)).toMatchObject({ level: 'warn', event: 'dev-login.on' });
  });

  it('signs in pages of this machine and its network, and who is no page', async () => {
    for (const origin of [undefined, 'http://localhost:5173', 'http://127.0.0.1:5173', 'http://192.168.0.7:5173']) {
      expect((await signIn(origin)).status, origin).toBe(201);
    }
  });

  it('refuses all others, whatever ALLOWED_ORIGINS says', async () => {
    for (const origin of ['https://gongu.kr', 'https://shop.example', 'null', 'https://localhost.gongu.kr']) {
      const { status, body } = await signIn(origin);
      expect([status, body.code], origin).toEqual([403, 'ORIGIN_NOT_ALLOWED']);
    }
  });

  it.each([
    'https://gongu.kr',
    'https://shop.example',
    'http://localhost:5173,https://m.gongu.kr',
    'https://*.gongu.kr',
    'http://203.0.113.5',
  ])('does not start where ALLOWED_ORIGINS is %s', (ALLOWED_ORIGINS) => {
    const env = {
      ...{ DATABASE_URL: 'postgresql://x', JWT_SECRET: USER_SECRET, SERVICE_JWT_SECRET: SERVICE_SECRET },
      ...{ ALLOWED_ORIGINS, DEV_LOGIN: '1' },
    };
    expect(() => readTradeEnv(env)).toThrow(EnvError);
    expect(() => readTradeEnv(env)).toThrow(/DEV_LOGIN: must be off/);
    expect(readTradeEnv({ ...env, DEV_LOGIN: '0' }).DEV_LOGIN).toBe(false);
  });
});
