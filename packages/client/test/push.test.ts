import { createHash } from 'node:crypto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { ChatClient } from '../src/client.ts';
import { createRoomPush } from '../src/push/room-push.ts';

const KEY = Buffer.alloc(65, 4).toString('base64url');
const KEYS = { p256dh: 'p', auth: 'a' };

/** A browser, and a service that has what is put there. */
function given({ key = KEY, permission = 'granted', answers = true, known = null as string | null, fails = '' } = {}) {
  const asked: string[] = [];
  const stored = new Set<string>();
  let subscription = known === null ? null : subscriptionOf(known);
  function subscriptionOf(by: string) {
    const endpoint = `https://push.example/${by}`;
    return {
      endpoint,
      options: { applicationServerKey: new Uint8Array(Buffer.from(by, 'base64url')).buffer },
      toJSON: () => ({ endpoint, keys: KEYS }),
      unsubscribe: async () => {
        asked.push('unsubscribe');
        subscription = null;
        return true;
      },
    };
  }
  const manager = {
    getSubscription: async () => subscription,
    subscribe: async ({ applicationServerKey }: { applicationServerKey: string }) => {
      if (!answers) await new Promise(() => {});
      subscription = subscriptionOf(applicationServerKey);
      return subscription;
    },
  };
  vi.stubGlobal('Notification', { permission, requestPermission: async () => permission });
  vi.stubGlobal('navigator', { serviceWorker: { getRegistration: async () => ({ pushManager: manager }) } });
  const request = async (method: string, path: string, body?: { endpoint: string; roomId: string }) => {
    asked.push(`${method} ${path}`);
    if (fails === path) return { ok: false, error: { code: 'NOT_A_MEMBER' } };
    if (path === '/push-key') {
      return key ? { ok: true, value: { publicKey: key } } : { ok: false, error: { code: 'NOT_FOUND' } };
    }
    const id = body && `${body.roomId} ${createHash('sha256').update(body.endpoint).digest('base64url')}`;
    if (method === 'PUT') stored.add(id!);
    if (method === 'DELETE') stored.delete(id!);
    const items = [...stored].map((one) => ({ roomId: one.split(' ')[0], deviceId: one.split(' ')[1] }));
    return { ok: true, value: { items } };
  };
  const push = createRoomPush({ request: request as ChatClient['request'], timeoutMs: 20 });
  return { push, asked, stored };
}
afterEach(() => vi.unstubAllGlobals());

const value = (state: string) => ({ ok: true, value: state });

describe('push of a room', () => {
  test('is off, is on once it is asked for, for that room alone, and off again', async () => {
    const { push, stored } = given();
    expect(await push.state('r')).toEqual(value('off'));
    expect(await push.set('r', true)).toEqual(value('on'));
    expect([await push.state('r'), await push.state('other')]).toEqual([value('on'), value('off')]);
    expect(await push.set('r', false)).toEqual(value('off'));
    expect([await push.state('r'), stored.size]).toEqual([value('off'), 0]);
  });

  test.each([
    ['a service that sends none', { key: '' }, 'unsupported', 'unsupported'],
    ['a user who has forbidden it', { permission: 'denied' }, 'denied', 'denied'],
    ['a user who has not answered', { permission: 'default' }, 'off', 'off'],
  ])('with %s stays what it is', async (_what, how, state, after) => {
    const { push, stored } = given(how);
    expect(await push.state('r')).toEqual(value(state));
    expect(await push.set('r', true)).toEqual(value(after));
    expect(stored.size).toBe(0);
  });

  test('needs a browser that can, and a page with a service worker', async () => {
    const { push } = given();
    vi.stubGlobal('navigator', { serviceWorker: { getRegistration: async () => undefined } });
    expect([await push.state('r'), await push.set('r', true)]).toEqual([value('unsupported'), value('unsupported')]);
    vi.stubGlobal('Notification', undefined);
    expect([await push.state('r'), await push.set('r', true)]).toEqual([value('unsupported'), value('unsupported')]);
  });

  test('ends a subscription of a key that the service had before, and keeps one of its own', async () => {
    const old = given({ known: Buffer.alloc(65, 9).toString('base64url') });
    expect(await old.push.set('r', true)).toEqual(value('on'));
    expect(old.asked).toContain('unsubscribe');
    const same = given({ known: KEY });
    expect(await same.push.set('r', true)).toEqual(value('on'));
    expect(same.asked).not.toContain('unsubscribe');
  });

  test('is off where the browser has one of another key, by which nothing comes, until it is asked for anew', async () => {
    const { push, stored } = given({ known: Buffer.alloc(65, 9).toString('base64url') });
    const endpoint = `https://push.example/${Buffer.alloc(65, 9).toString('base64url')}`;
    stored.add(`r ${createHash('sha256').update(endpoint).digest('base64url')}`);
    expect(await push.state('r')).toEqual(value('off'));
    expect(await push.set('r', true)).toEqual(value('on'));
    expect(await push.state('r')).toEqual(value('on'));
    const none = given({ known: KEY, key: '' });
    expect(await none.push.state('r')).toEqual(value('unsupported'));
  });

  test('says so where the push service never answers, and where the service refuses', async () => {
    expect(await given({ answers: false }).push.set('r', true)).toMatchObject({
      ok: false,
      error: { code: 'UNAVAILABLE' },
    });
    const { push } = given({ fails: '/push-subscriptions' });
    expect(await push.set('r', true)).toMatchObject({ ok: false, error: { code: 'NOT_A_MEMBER' } });
  });
});
