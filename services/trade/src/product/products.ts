import { AppError, type AuditEntry, type CreateProduct, type EditProduct, type Product } from '@gongu/shared';
import type { Caller } from './caller.ts';
import { deadlineFar, deadlinePast, instantOf } from './deadline.ts';
import type { Answer, Once, Repeatable } from './once.ts';
import { pageOf } from './page.ts';
import { isAdmin, notTheSeller, requireAccount, requireSeller } from './permission.ts';
import type { Page, PageOf, Position } from './ports/page.ts';
import type { ProductFilter, ProductStore } from './ports/product-store.ts';
import { cannotBecome, cannotChange } from './status.ts';

export interface ProductsOptions {
  store: ProductStore;
  once: Once;
  /** Mints a product's id. */
  newId: () => string;
  /** How far away a deadline may be, days of 24 hours; null: as far as one likes. */
  deadlineMaxDays: number | null;
  /** How many products that recruit a seller may have; null: any number. */
  maxOpen: number | null;
  /** Milliseconds, of any origin, that never go back. */
  now: () => number;
}

/** How many products one statement ends. Small, because it holds the locks of all of them. */
const DUE_BATCH = 100;
/** Milliseconds for which facets are told as they were read: of 100,000 products that takes a quarter of a second. */
const FACETS_MS = 5_000;

/** The seller's side: products from creation to their end. Errors are AppErrors of the contract. */
export function createProducts({ store, once, newId, deadlineMaxDays, maxOpen, now }: ProductsOptions) {
  const facets = sharedReading(store.facets, { forMs: FACETS_MS, now });
  return {
    /** @throws ANONYMOUS_NOT_ALLOWED, FORBIDDEN, VALIDATION_FAILED, IDEMPOTENCY_CONFLICT, CONFLICT */
    create(caller: Caller, input: CreateProduct, repeatable: Repeatable | null): Promise<Answer<Product>> {
      requireSeller(caller.user, 'create products');
      const deadline = instantOf(input.deadline);
      return once(repeatable, async (claim) => {
        const product = { ...input, id: newId(), imageUrl: input.imageUrl ?? null, deadline };
        const created = await store.create(product, caller, claim, deadlineMaxDays, maxOpen);
        facets.forget();
        if (created.outcome === 'ok') return created.product;
        if (created.outcome === 'tiers_invalid') throw tiersInvalid();
        if (created.outcome === 'pictures_invalid') throw picturesInvalid();
        if (created.outcome === 'too_many') {
          throw new AppError('CONFLICT', {
            detail: `A seller may have ${maxOpen} products that recruit, and has them: one must end first`,
          });
        }
        throw created.outcome === 'deadline_far' ? deadlineFar(deadlineMaxDays) : deadlinePast();
      });
    },

    async get(id: string): Promise<Product> {
      return (await store.find(id)) ?? notFound();
    },

    /** Of up to 5 seconds ago, but for what was created, changed and ended here since. */
    facets: () => facets.ask(),

    /** A page may be short, even empty, though there are more: `next` tells. */
    async list(filter: ProductFilter, page: Page<Position>): Promise<PageOf<Product, Position>> {
      const { rows, stop } = await store.list(filter, page);
      const { items, next } = pageOf(rows, page.limit, ({ id, deadline, createdAt }) => ({
        id,
        at: filter.sort === 'deadline' ? deadline : createdAt,
      }));
      return { items, next: next ?? stop };
    },

    /**
     * @param versions of `If-Match`; null: whatever the version
     * @throws FORBIDDEN, PRECONDITION_FAILED, NOT_RECRUITING, DEADLINE_PASSED, VALIDATION_FAILED, CONFLICT (a cap below
     *   the buyers there are, or other tiers once somebody takes part)
     */
    async edit(caller: Caller, id: string, input: EditProduct, versions: readonly number[] | null): Promise<Product> {
      requireAccount(caller.user);
      const { deadline, ...rest } = input;
      const edit = { ...rest, ...(deadline === undefined ? {} : { deadline: instantOf(deadline) }) };
      const edited = await store.edit(id, edit, versions, caller, isAdmin(caller.user), deadlineMaxDays);
      facets.forget();
      switch (edited.outcome) {
        case 'ok':
          return edited.product;
        case 'not_found':
          return notFound();
        case 'forbidden':
          throw notTheSeller();
        case 'stale':
          throw new AppError('PRECONDITION_FAILED', { detail: `The product is at version ${edited.product.version}` });
        case 'ended':
          throw cannotChange(edited.product);
        case 'deadline_past':
          throw deadlinePast();
        case 'deadline_far':
          throw deadlineFar(deadlineMaxDays);
        case 'below_buyers': {
          const message = `must not be less than the ${edited.product.participantCount} who have bought`;
          throw new AppError('CONFLICT', {
            detail: `maxParticipants ${message}`,
            errors: [{ path: 'maxParticipants', message }],
          });
        }
        case 'tiers_fixed': {
          const message = 'can not change once somebody takes part';
          throw new AppError('CONFLICT', {
            detail: `priceTiers ${message}`,
            errors: [{ path: 'priceTiers', message }],
          });
        }
        case 'tiers_invalid':
          throw tiersInvalid();
        case 'pictures_invalid':
          throw picturesInvalid();
        case 'minimum_above_maximum': {
          const message = 'must not be more than maxParticipants';
          throw new AppError('VALIDATION_FAILED', {
            detail: `minParticipants ${message}`,
            errors: [{ path: 'minParticipants', message }],
          });
        }
      }
    },

    /** @throws FORBIDDEN, MINIMUM_NOT_MET, ILLEGAL_TRANSITION */
    close: (caller: Caller, id: string) => end(caller, id, 'CLOSED', null),

    /** @throws FORBIDDEN, ILLEGAL_TRANSITION */
    cancel: (caller: Caller, id: string, note: string | null) => end(caller, id, 'CANCELLED', note),

    /** Ends every product whose deadline has passed, and says how many this instance ended. */
    async endDue(): Promise<number> {
      let ended = 0;
      for (;;) {
        const count = await store.endDue(DUE_BATCH);
        ended += count;
        if (count > 0) facets.forget();
        if (count < DUE_BATCH) return ended;
      }
    },

    /** @throws FORBIDDEN for anybody but the seller and an admin */
    async audit(caller: Caller, id: string, page: Page<string>): Promise<PageOf<AuditEntry, string>> {
      await mayLookInto(caller, id);
      return pageOf(await store.audit(id, page), page.limit, (last) => last.id);
    },

    mayLookInto,
  };

  /** @throws NOT_FOUND, FORBIDDEN unless the caller is the product's seller or an admin */
  async function mayLookInto({ user }: Caller, id: string): Promise<void> {
    requireAccount(user);
    const product = (await store.find(id)) ?? notFound();
    if (product.sellerId !== user.userId && !isAdmin(user)) throw notTheSeller();
  }

  async function end(
    caller: Caller,
    id: string,
    status: 'CLOSED' | 'CANCELLED',
    note: string | null,
  ): Promise<Product> {
    requireAccount(caller.user);
    const ended = await store.end(id, status, note, caller, isAdmin(caller.user));
    facets.forget();
    switch (ended.outcome) {
      case 'ok':
        return ended.product;
      case 'not_found':
        return notFound();
      case 'forbidden':
        throw notTheSeller();
      case 'illegal':
        throw cannotBecome(status, ended.product);
      case 'minimum': {
        const { participantCount, minParticipants } = ended.product;
        throw new AppError('MINIMUM_NOT_MET', {
          detail: `${participantCount} of at least ${minParticipants} have bought`,
        });
      }
    }
  }
}
export type Products = ReturnType<typeof createProducts>;

function notFound(): never {
  throw new AppError('NOT_FOUND', { detail: 'There is no such product' });
}

/**
 * However many ask, one reading runs at a time. What it found is told for `forMs` from its begin, or until `forget`: whoever asks
 * then gets one that was begun after that.
 */
function sharedReading<T>(read: () => Promise<T>, { forMs, now }: { forMs: number; now: () => number }) {
  let latest: Promise<T> | null = null;
  let begunAt = 0;
  let running: Promise<unknown> | null = null;
  let next: Promise<T> | null = null;
  function begin(): Promise<T> {
    const mine = read();
    const over = mine
      .catch(() => {
        if (latest === mine) latest = null;
      })
      .finally(() => {
        if (running === over) running = null;
      });
    [latest, running, next, begunAt] = [mine, over, null, now()];
    return mine;
  }
  return {
    ask(): Promise<T> {
      if (latest && now() - begunAt < forMs) return latest;
      if (!running) return begin();
      next ??= running.then(begin);
      return next;
    },
    forget(): void {
      latest = null;
    },
  };
}

function picturesInvalid(): AppError {
  const message = 'must be pictures that you have uploaded, within a day, and that no other product has';
  return new AppError('VALIDATION_FAILED', { detail: `pictures ${message}`, errors: [{ path: 'pictures', message }] });
}

function tiersInvalid(): AppError {
  const message = 'must have rising minParticipants and falling amounts, all of them below price.amount';
  return new AppError('VALIDATION_FAILED', {
    detail: `priceTiers ${message}`,
    errors: [{ path: 'priceTiers', message }],
  });
}
