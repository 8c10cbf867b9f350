import type { Product } from '@gongu/shared';

/** The answer of a change that was judged under the product's row lock. */
export type Outcome<Refusal extends string> =
  | { readonly outcome: 'ok'; readonly product: Product }
  | { readonly outcome: 'not_found' }
  | { readonly outcome: Refusal; readonly product: Product };
