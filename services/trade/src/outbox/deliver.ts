import {
  CommitParticipant,
  CommitParticipants,
  noticeReference,
  noticeText,
  OpenRoom,
  PatchRoom,
  ProductNotice,
  UserId,
} from '@gongu/shared';
import type { z } from 'zod';
import type { Trace } from '../product/ports/trace.ts';
import type { OutboxEntry } from './outbox-store.ts';

/** What chat said. */
export interface ChatAnswer {
  /** HTTP status; null when no answer came. */
  readonly status: number | null;
  /** Without an answer: whether chat took the connection and then was silent for too long. */
  readonly timedOut: boolean;
  /** One line for an operator: code and detail of the problem, or what broke. */
  readonly detail: string;
  /** Of `Retry-After`. */
  readonly retryAfterMs: number | null;
}

/** Chat's service routes, as far as the outbox uses them. None of them throws. */
export interface ChatRooms {
  open(body: OpenRoom, trace: Trace): Promise<ChatAnswer>;
  patch(roomId: string, body: PatchRoom, trace: Trace): Promise<ChatAnswer>;
  commit(
    roomId: string,
    userId: string,
    body: { committed: boolean; nickname?: string },
    trace: Trace,
  ): Promise<ChatAnswer>;
  /** Several of them in their order. The answer is of the first that is refused; those before it are recorded. */
  commitAll(roomId: string, participants: CommitParticipants['participants'], trace: Trace): Promise<ChatAnswer>;
  /** A message of the service. Chat stores one with the same reference once. */
  say(roomId: string, body: SaidByService, trace: Trace): Promise<ChatAnswer>;
}

/** A message that says in words what `data` says. */
export interface SaidByService {
  readonly clientMessageId: string;
  readonly content: string;
  readonly data: ProductNotice;
}

/**
 * - `delivered`
 * - `refused`: chat will never take this entry; a person has to look at it. `unsent`: its payload is broken, and chat was
 *   not asked.
 * - `retry`: this entry may succeed later. `missing`: chat does not know the room. `silent`: chat did not answer in time.
 * - `unreachable`: no entry can be delivered at the moment.
 */
export type Delivery =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'refused'; readonly detail: string; readonly unsent?: boolean }
  | {
      readonly kind: 'retry';
      readonly detail: string;
      readonly missing?: boolean;
      readonly silent?: boolean;
      /** Milliseconds that chat asked to wait. */
      readonly afterMs: number;
    }
  | { readonly kind: 'unreachable'; readonly detail: string };

export type Deliver = (entry: OutboxEntry) => Promise<Delivery>;

const Buyer = CommitParticipant.pick({ nickname: true }).extend({ userId: UserId });

/**
 * Tells chat about one entry. Chat takes every one of them twice without harm. SQL made the payload: what the route it
 * goes to would not take is refused here, and never sent.
 */
export function createDeliver({ chat }: { chat: ChatRooms }): Deliver {
  return async ({ roomId, kind, payload, trace }) => {
    switch (kind) {
      case 'room.open':
        return checked(OpenRoom, payload, (body) => chat.open(body, trace));
      case 'room.notice':
        return unlessRefused(
          await checked(ProductNotice, payload, (data) =>
            chat.say(roomId, { clientMessageId: noticeReference(data), content: noticeText(data), data }, trace),
          ),
        );
      case 'room.patched':
      case 'room.status':
        return checked(PatchRoom, payload, (body) => chat.patch(roomId, body, trace));
      case 'buyer.committed':
        return checked(Buyer, payload, ({ userId, nickname }) =>
          chat.commit(roomId, userId, { committed: true, ...(nickname == null ? {} : { nickname }) }, trace),
        );
      case 'buyer.withdrawn':
        return checked(Buyer, payload, ({ userId }) => chat.commit(roomId, userId, { committed: false }, trace));
    }
  };
}

/**
 * Tells chat about purchases of one room in one request, which carries the trace of the first. Null: what is to be said of them has
 * to be said of each; they can be told one by one.
 */
export function createDeliverTogether({ chat }: { chat: Pick<ChatRooms, 'commitAll'> }) {
  return async (entries: readonly OutboxEntry[]): Promise<Delivery | null> => {
    const { roomId, trace } = entries[0]!;
    const { success, data } = CommitParticipants.safeParse({
      participants: entries.map(({ payload }) => ({ ...payload, committed: true })),
    });
    if (!success) return null;
    const delivery = judge(await chat.commitAll(roomId, data.participants, trace));
    // Which of them it is about is not said. 404 is also what an earlier version of chat says, which does not know this request.
    return delivery.kind === 'refused' || (delivery.kind === 'retry' && !delivery.silent) ? null : delivery;
  };
}
export type DeliverTogether = ReturnType<typeof createDeliverTogether>;

/** A notice that chat will never take, perhaps as it is too old for it, is given up: buyers wait behind it. */
function unlessRefused(delivery: Delivery): Delivery {
  return delivery.kind === 'refused' && !delivery.unsent ? { kind: 'delivered' } : delivery;
}

async function checked<T extends z.ZodType>(
  schema: T,
  payload: unknown,
  send: (body: z.output<T>) => Promise<ChatAnswer>,
): Promise<Delivery> {
  const { success, data, error } = schema.safeParse(payload);
  if (success) return judge(await send(data));
  const problems = error.issues.map(({ path, message }) => `${path.join('.') || 'the payload'} ${message}`);
  return { kind: 'refused', unsent: true, detail: `not sent, chat would not take it: ${problems.join('; ')}` };
}

/** What an answer means for the entry. */
export function judge({ status, timedOut, detail, retryAfterMs }: ChatAnswer): Delivery {
  const retry = (more: { missing?: boolean; silent?: boolean } = {}): Delivery => ({
    kind: 'retry',
    detail,
    afterMs: retryAfterMs ?? 0,
    ...more,
  });
  // Chat may hang over this one entry, so a silence is no reason to hold back the others.
  if (status === null) return timedOut ? retry({ silent: true }) : { kind: 'unreachable', detail };
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  switch (status) {
    case 404:
      return retry({ missing: true });
    case 408:
    case 429:
      return retry();
    // Our own token is refused: secrets are being changed, or wrong. That says nothing against the entry.
    case 401:
    case 403:
    // Chat, or the proxy before it, is on its way up or down.
    case 502:
    case 503:
    case 504:
      return { kind: 'unreachable', detail };
  }
  return status >= 400 && status < 500 ? { kind: 'refused', detail } : retry();
}
