/**
 * `lost`: acknowledged or stored, and in the end not where it belongs. `missing`: left out on a healthy connection, and
 * brought by a recovery only. `doubled`: delivered or stored twice. `disorder`: delivered after what follows it.
 * `changed`: not the same for everybody. `protocol`: any other breach of docs/protocol.md.
 */
export const FAULT_KINDS = ['lost', 'missing', 'doubled', 'disorder', 'changed', 'protocol'] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** Who, where and what, in one line. */
  readonly text: string;
}

/** What the checkers of one run found. */
export interface Faults {
  add(kind: FaultKind, text: string): void;
  readonly total: number;
  readonly counts: Readonly<Record<FaultKind, number>>;
  /** The first of them. */
  readonly list: readonly Fault[];
}

/** @param options.kept how many are kept in full; the others are counted. Default 100 */
export function createFaults({ kept = 100 }: { kept?: number } = {}): Faults {
  const counts = Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 0])) as Record<FaultKind, number>;
  const list: Fault[] = [];
  let total = 0;
  return {
    counts,
    list,
    get total() {
      return total;
    },
    add(kind, text) {
      counts[kind] += 1;
      total += 1;
      if (list.length < kept) list.push({ kind, text });
    },
  };
}
