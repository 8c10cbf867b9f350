import { AppError, type WebhookTest } from '@gongu/shared';
import type { SecretSeal } from './secret-seal.ts';
import type { WebhookSend } from './send.ts';
import type {
  AnyCreateWebhook,
  AnyEditWebhook,
  AnyWebhook,
  AnyWebhookDelivery,
  WebhookPage,
  WebhookStore,
} from './webhook-store.ts';

export interface WebhooksOptions {
  store: WebhookStore;
  secrets: Pick<SecretSeal, 'mint' | 'seal'>;
  send: WebhookSend;
  newId: () => string;
  /** Something may be due. */
  wake: () => Promise<void>;
  /** Epoch milliseconds. */
  now: () => number;
  /** Whether http and private addresses are taken. */
  allowPrivate: boolean;
  /** How many there may be; null: any number. */
  max: number | null;
}

/** Endpoints of shops' back ends. Errors are AppErrors of the contract. */
export function createWebhooks({ store, secrets, send, newId, wake, now, allowPrivate, max }: WebhooksOptions) {
  function checkUrl(url: string | undefined): void {
    if (url === undefined || allowPrivate || /^https:/i.test(url)) return;
    const message = 'must be an https URL';
    throw new AppError('VALIDATION_FAILED', { detail: `url ${message}`, errors: [{ path: 'url', message }] });
  }

  // What was asked for is done: where this fails, the next look is a second away.
  const soon = () => wake().catch(() => {});

  return {
    /** The secret is told here, and never again. @throws VALIDATION_FAILED, CONFLICT (there are as many as may be) */
    async create(input: AnyCreateWebhook): Promise<AnyWebhook & { secret: string }> {
      checkUrl(input.url);
      const [id, secret] = [newId(), secrets.mint()];
      const made = await store.create(id, input, secrets.seal(secret, id), max);
      if (made === null) {
        throw new AppError('CONFLICT', { detail: `There are ${max} webhooks, as many as may be: one must go first` });
      }
      await soon();
      return { ...made, secret };
    },

    async list(page: WebhookPage): Promise<PageOf<AnyWebhook>> {
      return pageOf(await store.list(page), page.limit);
    },

    /** @throws NOT_FOUND */
    async get(id: string): Promise<AnyWebhook> {
      const { secrets: _sealed, ...webhook } = (await store.find(id)) ?? none();
      return webhook;
    },

    /** @throws NOT_FOUND, VALIDATION_FAILED */
    async edit(id: string, edit: AnyEditWebhook): Promise<AnyWebhook> {
      checkUrl(edit.url);
      const edited = (await store.edit(id, edit)) ?? none();
      await soon();
      return edited;
    },

    /** Another secret; those of the last day before it, three at most, sign along for a day. @throws NOT_FOUND */
    async rotate(id: string): Promise<AnyWebhook & { secret: string }> {
      const secret = secrets.mint();
      return { ...((await store.rotate(id, secrets.seal(secret, id))) ?? none()), secret };
    },

    /** @throws NOT_FOUND */
    async remove(id: string): Promise<void> {
      if (!(await store.remove(id))) none();
    },

    /** Sends a `webhook.test` now, once. @throws NOT_FOUND */
    async test(id: string): Promise<WebhookTest> {
      const { url, secrets: sealed } = (await store.find(id)) ?? none();
      const answer = await send({
        ...{ messageId: `msg_test_${newId()}`, webhookId: id, url, secrets: sealed },
        type: 'webhook.test',
        timestamp: new Date(now()).toISOString(),
        data: { webhookId: id },
      });
      return {
        delivered: answer.status !== null && answer.status >= 200 && answer.status < 300,
        answer: answer.status,
        error: answer.status === null ? answer.error : null,
      };
    },

    /** Newest first. @throws NOT_FOUND */
    async deliveries(id: string, page: WebhookPage): Promise<PageOf<AnyWebhookDelivery>> {
      if ((await store.find(id)) === null) none();
      return pageOf(await store.deliveries(id, page), page.limit);
    },

    /** One, or all that failed. @throws NOT_FOUND */
    async redeliver(id: string, deliveryId: string | null): Promise<number> {
      if ((await store.find(id)) === null) none();
      const count = await store.redeliver(id, deliveryId);
      if (count === 0 && deliveryId !== null) {
        throw new AppError('NOT_FOUND', { detail: 'There is no such delivery that has been tried' });
      }
      await soon();
      return count;
    },
  };
}
export type Webhooks = ReturnType<typeof createWebhooks>;

/** `next`: the id of the last one; null: there is no more. */
interface PageOf<T> {
  readonly items: T[];
  readonly next: string | null;
}

function pageOf<T extends { id: string }>(rows: T[], limit: number): PageOf<T> {
  const items = rows.slice(0, limit);
  return { items, next: rows.length > limit ? items.at(-1)!.id : null };
}

function none(): never {
  throw new AppError('NOT_FOUND', { detail: 'There is no such webhook' });
}
