import { failure, type Result, success } from '../chat-error.ts';
import type { Push } from './push-state.ts';

export interface RoomPushOptions {
  /** As the client's `request`. */
  readonly request: <T>(method: string, path: string, body?: unknown) => Promise<Result<T>>;
  /** Milliseconds that a browser's push service may take: some never answer. Default 20 000. */
  readonly timeoutMs?: number;
}

/** What is used of a browser here. */
interface Subscription {
  readonly endpoint: string;
  readonly options: { readonly applicationServerKey: ArrayBuffer | null };
  toJSON(): { readonly endpoint?: string; readonly keys?: Readonly<Record<string, string>> };
  unsubscribe(): Promise<boolean>;
}
interface Manager {
  getSubscription(): Promise<Subscription | null>;
  subscribe(how: { userVisibleOnly: true; applicationServerKey: string }): Promise<Subscription>;
}
interface Browser {
  readonly Notification?: { readonly permission: string; requestPermission(): Promise<string> };
  readonly navigator?: {
    readonly serviceWorker?: { getRegistration(): Promise<{ readonly pushManager?: Manager } | undefined> };
  };
}
const browser = globalThis as unknown as Browser;

interface Subscriptions {
  readonly items: readonly { readonly roomId: string; readonly deviceId: string }[];
}

/** Pushes by the browser that this runs in. */
export function createRoomPush({ request, timeoutMs = 20_000 }: RoomPushOptions): Push {
  async function managerOfPage(): Promise<Manager | undefined> {
    if (!browser.Notification) return undefined;
    return (await browser.navigator?.serviceWorker?.getRegistration())?.pushManager;
  }

  /** The service's key; null where it sends none. */
  async function keyOfService(): Promise<Result<string | null>> {
    const answer = await request<{ publicKey: string }>('GET', '/push-key');
    if (answer.ok) return success(answer.value.publicKey);
    return answer.error.code === 'NOT_FOUND' ? success(null) : answer;
  }

  return {
    async state(roomId) {
      const manager = await managerOfPage();
      if (!manager) return success('unsupported');
      if (browser.Notification?.permission === 'denied') return success('denied');
      const subscription = await manager.getSubscription();
      const key = await keyOfService();
      if (!key.ok) return key;
      if (key.value === null) return success('unsupported');
      // By one of another key nothing comes.
      if (!subscription || !isBy(key.value, subscription)) return success('off');
      const [answer, deviceId] = await Promise.all([
        request<Subscriptions>('GET', '/push-subscriptions'),
        deviceIdOf(subscription),
      ]);
      if (!answer.ok) return answer;
      const isOn = answer.value.items.some((one) => one.roomId === roomId && one.deviceId === deviceId);
      return success(isOn ? 'on' : 'off');
    },

    async set(roomId, on) {
      // First of all: a browser asks its user only while it is clear what he did for that.
      const permission = on ? await browser.Notification?.requestPermission() : 'granted';
      const manager = await managerOfPage();
      if (!manager) return success('unsupported');
      if (permission !== 'granted') return success(permission === 'denied' ? 'denied' : 'off');
      const present = await manager.getSubscription();
      if (!on) {
        if (!present) return success('off');
        const gone = await request('DELETE', '/push-subscriptions', { endpoint: present.endpoint, roomId });
        return gone.ok ? success('off') : gone;
      }
      const key = await keyOfService();
      if (!key.ok) return key;
      if (key.value === null) return success('unsupported');
      const subscription = await subscribe(manager, present, key.value);
      if (!subscription.ok) return subscription;
      const { endpoint, keys } = subscription.value.toJSON();
      const put = await request('PUT', '/push-subscriptions', { roomId, endpoint, keys });
      return put.ok ? success('on') : put;
    },
  };

  /** One of a key that the service had before is ended: nothing would come by it. */
  async function subscribe(manager: Manager, present: Subscription | null, key: string): Promise<Result<Subscription>> {
    try {
      if (present && isBy(key, present)) return success(present);
      await present?.unsubscribe();
      const late = new Promise<never>((_, reject) => setTimeout(reject, timeoutMs, new Error('no answer')));
      return success(
        await Promise.race([manager.subscribe({ userVisibleOnly: true, applicationServerKey: key }), late]),
      );
    } catch (error) {
      return failure(
        'UNAVAILABLE',
        `The browser's push service refused or did not answer: ${error instanceof Error ? error.message : ''}`,
      );
    }
  }
}

/** Whether it is one of this key of a service. */
function isBy(key: string, { options: { applicationServerKey: known } }: Subscription): boolean {
  return known !== null && base64url(known) === key.replace(/=+$/, '');
}

/** As the service names a device. */
async function deviceIdOf({ endpoint }: Subscription): Promise<string> {
  return base64url(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(endpoint)));
}

function base64url(bytes: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}
