import { centrifugo } from './centrifugo.ts';
import type { MorePeer, PeersOf } from './more-peer.ts';
import { spring } from './spring.ts';
import { missingOf, type Workshop } from './workshop.ts';

/** By the names that `--peers` takes. */
export const MORE_PEERS = { centrifugo, spring } satisfies Readonly<Record<string, MorePeer>>;

export type MorePeerName = keyof typeof MORE_PEERS;

export interface Prepared {
  readonly peersOf: PeersOf;
  /** Why which peer is left out. */
  readonly missing: readonly string[];
}

/** Builds those for which the machine has what it takes. */
export async function prepare(names: readonly MorePeerName[], workshop: Workshop): Promise<Prepared> {
  const all: PeersOf[] = [];
  const missing: string[] = [];
  for (const peer of names.map((name): MorePeer => MORE_PEERS[name])) {
    const program = missingOf(peer.needs);
    if (program) missing.push(`${peer.name}: left out, there is no "${program}" on the PATH`);
    else all.push(await peer.prepare(workshop));
  }
  return { missing, peersOf: (kind, postgres) => all.flatMap((each) => each(kind, postgres)) };
}
