import type { Postgres } from '../database.ts';
import type { Scenario } from '../scenarios.ts';
import type { Subject } from '../subject.ts';
import type { Workshop } from './workshop.ts';

/** A peer of another language, which `--peers` asks for. */
export interface MorePeer {
  /** With its version. */
  readonly name: string;
  /** Programs that must be on the PATH. */
  readonly needs: readonly string[];
  /** Builds it, and says what of it takes part in a scenario of one instance. */
  prepare(workshop: Workshop): Promise<PeersOf>;
}

/** What takes part in a scenario, with databases on that server. */
export type PeersOf = (kind: Scenario['kind'], postgres: Postgres) => readonly Subject[];
