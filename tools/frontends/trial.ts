import type { Browser } from 'playwright-core';
import type { Workbench } from './workbench.ts';

/** A system with a product, to be talked about. */
export interface Shop {
  readonly chatUrl: string;
  readonly tradeUrl: string;
  readonly productId: string;
  /** A user's token. */
  token(userId: string): string;
  /** Somebody says that in the product's room. */
  say(userId: string, text: string): Promise<void>;
  readonly browser: Browser;
}

/** One way in which a front end uses the packages. */
export interface Trial {
  readonly name: string;
  /** @returns what held, with versions @throws Error when it does not hold */
  run(bench: Workbench, shop: Shop): Promise<string>;
}
