import type { Timers } from './timers.ts';

/** Groups into which members are dealt, so that not all are visited in the same moment. */
const GROUPS = 25;

/** Visits each member once per `intervalMs`: one timer for all of them. */
export function createRounds<Member>(options: {
  readonly intervalMs: number;
  readonly visit: (member: Member) => void;
  readonly timers: Timers;
}) {
  const { intervalMs, visit, timers } = options;
  const groups = Array.from({ length: GROUPS }, () => new Set<Member>());
  let turn = 0;
  let next = 0;
  const timer = timers.setInterval(() => {
    turn = (turn + 1) % GROUPS;
    for (const member of groups[turn]!) visit(member);
  }, intervalMs / GROUPS);

  return {
    add: (member: Member): void => void groups[next++ % GROUPS]!.add(member),
    delete(member: Member): void {
      for (const group of groups) if (group.delete(member)) return;
    },
    stop: () => timers.clear(timer),
  };
}
