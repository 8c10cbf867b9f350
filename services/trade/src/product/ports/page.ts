export interface Page<P> {
  readonly limit: number;
  readonly after: P | null;
}

/** `next` null: there is no more. */
export interface PageOf<T, P> {
  readonly items: T[];
  readonly next: P | null;
}
