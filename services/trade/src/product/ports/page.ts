/** Where a page begins: after this one. `at` is the sort key, as ISO text. */
export interface Position {
  readonly at: string;
  readonly id: string;
}

/** What is asked of a list. */
export interface Page<P> {
  readonly limit: number;
  readonly after: P | null;
}

/** `next` null: there is no more. */
export interface PageOf<T, P> {
  readonly items: T[];
  readonly next: P | null;
}
