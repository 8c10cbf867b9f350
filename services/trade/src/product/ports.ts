import type {
  AppErrorOptions,
  AuditEntry,
  Buyer,
  ErrorCode,
  Participation,
  Product,
  ProductChange,
  ProductStatus,
  Purchase,
  Room,
  User,
} from '@gongu/shared';

/** What is kept of a request with each change it makes, and passed on to chat. */
export interface Trace {
  readonly requestId?: string;
  /** W3C trace context, as it came. */
  readonly traceparent?: string;
}

/** Who asks. */
export interface Caller {
  readonly user: User;
  readonly trace: Trace;
}

/** A run under an idempotency key: whoever holds it may make the effect, once. */
export interface Claim {
  readonly userId: string;
  /** Method and route pattern. */
  readonly route: string;
  readonly key: string;
  readonly run: string;
}

/** A product about to be created; checked, except for what only the database can tell. */
export interface NewProduct {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly imageUrl: string | null;
  readonly price: Product['price'];
  readonly minParticipants: number;
  readonly maxParticipants: number;
  readonly deadline: Date;
}

/** Fields to change; absent ones stay. `imageUrl` null takes the image away. */
export interface Edit {
  readonly title?: string;
  readonly description?: string;
  readonly imageUrl?: string | null;
  readonly minParticipants?: number;
  readonly maxParticipants?: number;
  readonly deadline?: Date;
}

/** Where a page of products begins: after this one. `at` is the sort key, as ISO text. */
export interface Position {
  readonly at: string;
  readonly id: string;
}

export interface Page<P> {
  readonly limit: number;
  readonly after: P | null;
}

/** `next` null: there is no more. */
export interface PageOf<T, P> {
  readonly items: T[];
  readonly next: P | null;
}

export type ProductSort = 'deadline' | '-createdAt';

export interface ProductFilter {
  readonly status?: ProductStatus;
  readonly sellerId?: string;
  /** Only products in which this user takes part. */
  readonly buyerId?: string;
  readonly minSeatsLeft?: number;
  readonly deadlineBefore?: Date;
  readonly sort: ProductSort;
}

/** The answer of a change that was judged under the product's row lock. */
export type Outcome<Refusal extends string> =
  | { readonly outcome: 'ok'; readonly product: Product }
  | { readonly outcome: 'not_found' }
  | { readonly outcome: Refusal; readonly product: Product };

/**
 * Products in the database. Every change locks the product's row, ends the product first if its deadline has passed by
 * the database's clock, and commits together with its audit, its live change and its entries for chat.
 */
export interface ProductStore {
  create(
    product: NewProduct,
    caller: Caller,
    claim: Claim | null,
  ): Promise<{ outcome: 'ok'; product: Product } | { outcome: 'deadline_past' }>;
  find(id: string): Promise<Product | null>;
  /** One more than `limit` where there is more. */
  list(filter: ProductFilter, page: Page<Position>): Promise<Product[]>;
  /** @param versions the versions that the caller may have seen; null: any */
  edit(
    id: string,
    edit: Edit,
    versions: readonly number[] | null,
    caller: Caller,
    admin: boolean,
  ): Promise<Outcome<'forbidden' | 'stale' | 'ended' | 'deadline_past' | 'below_buyers' | 'minimum_above_maximum'>>;
  /** The same end again is `ok` and changes nothing. */
  end(
    id: string,
    status: 'CLOSED' | 'CANCELLED',
    note: string | null,
    caller: Caller,
    admin: boolean,
  ): Promise<Outcome<'forbidden' | 'illegal' | 'minimum'>>;
  /** Ends up to `limit` products whose deadline has passed. Any number of instances share the work. */
  endDue(limit: number): Promise<number>;
  /** Oldest first, one more than `limit` where there is more. */
  audit(id: string, page: Page<string>): Promise<AuditEntry[]>;
}

/** Who takes part in what. Joins and withdrawals keep the promises of {@link ProductStore}. */
export interface ParticipationStore {
  join(
    productId: string,
    quantity: number,
    caller: Caller,
    claim: Claim | null,
  ): Promise<
    | { outcome: 'ok'; product: Product; participation: Participation }
    | { outcome: 'not_found' }
    | { outcome: 'seller' | 'already' | 'ended'; product: Product }
  >;
  withdraw(productId: string, caller: Caller): Promise<Outcome<'seller' | 'absent' | 'ended'>>;
  find(productId: string, userId: string): Promise<Participation | null>;
  /** Oldest first, one more than `limit` where there is more. Position: `joinedAt` and user id. */
  buyers(productId: string, page: Page<Position>): Promise<Buyer[]>;
  /** Newest first, one more than `limit` where there is more. Position: `joinedAt` and product id. */
  purchases(userId: string, page: Page<Position>): Promise<Purchase[]>;
}

/** What a finished run left behind. */
export type KeptOutcome =
  | { readonly value: Product | Participation }
  | { readonly error: { readonly code: ErrorCode } & Pick<AppErrorOptions, 'detail' | 'errors' | 'allowed'> };

/** Idempotency keys. A run's value is written by the change itself, in its transaction; see `claim` above. */
export interface KeyStore {
  /**
   * `started`: the caller runs. `running`: somebody else does. `mismatch`: the key was used with another payload.
   * A run that has not ended after `leaseMs` has died with its process; the next one starts.
   */
  begin(
    claim: Claim,
    fingerprint: string,
    leaseMs: number,
    keepMs: number,
  ): Promise<{ state: 'started' | 'running' | 'mismatch' } | { state: 'done'; outcome: KeptOutcome }>;
  /** Keeps a refusal. */
  refuse(claim: Claim, error: Extract<KeptOutcome, { error: unknown }>['error']): Promise<void>;
  /** Forgets a run that came to nothing, so that the key can be used again. A finished one stays. */
  abandon(claim: Claim): Promise<void>;
}

/** A change as it is told to live listeners. `seq` grows with the order of writing, not of commits. */
export interface NumberedChange {
  readonly seq: number;
  readonly change: ProductChange;
}

/** The append-only sequence of changes. */
export interface ChangeStore {
  /** Numbers of the newest `limit` changes, ascending. */
  newest(limit: number): Promise<number[]>;
  /** Changes after `seq`, and those numbered in `also`, ascending. */
  read(seq: number, also: readonly number[], limit: number): Promise<NumberedChange[]>;
  /** Lowest and highest number that is kept; zeros when there is none. */
  range(): Promise<{ lowest: number; highest: number }>;
}

/** What the reconciler asks. */
export interface RoomStates {
  /** The room as chat has it; null when chat does not know it. */
  find(roomId: string): Promise<Room | null>;
  /** Whom chat lists as buyers: those who are in the conversation. Empty when chat does not know the room. */
  buyers(roomId: string): Promise<string[]>;
}

export interface ReconcileStore {
  /** Products that recruit or ended after `endedAfter`, of which nothing waits in the outbox; ascending by id. */
  settled(afterId: string, endedAfter: Date, limit: number): Promise<Product[]>;
  /** Rooms whose oldest entry can't be delivered, because chat says that there is no such room. */
  missing(limit: number): Promise<string[]>;
  /** Ids of a product's buyers. */
  buyers(productId: string): Promise<string[]>;
  /** Whether a product is as it was, and still has nothing on its way. */
  unchanged(productId: string, version: number): Promise<boolean>;
  /** Products that have something on its way. */
  pending(): Promise<number>;
  /** Tells chat everything about the product again. False when something is under way already. */
  resend(productId: string, missing: boolean): Promise<boolean>;
  /** The same, and before it that those of `extra` who are no buyers are none. */
  heal(productId: string, extra: readonly string[]): Promise<boolean>;
}
