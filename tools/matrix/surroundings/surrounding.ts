import type { Lifecycle } from '@gongu/sim/supervise';
import type { Surroundings } from '../shop.ts';
import type { Workshop } from '../workshop.ts';

/** What a surrounding is built from. */
export interface Ground {
  readonly workshop: Workshop;
  /** Ends with the row; whatever is started is added. */
  readonly lifecycle: Lifecycle;
  /** A folder that is removed with the run. @returns its path, made */
  readonly folder: (name: string) => string;
  /** An empty database of the embedded PostgreSQL. @returns its URL */
  readonly database: () => Promise<string>;
}

/** Something that gongu is put into. */
export interface Surrounding {
  readonly name: string;
  /** Brings it up. @throws Missing naming what the machine does not have */
  open(ground: Ground): Promise<OpenSurrounding>;
}

export interface OpenSurrounding extends Surroundings {
  /** What it is, with versions. */
  readonly versions: string;
}
