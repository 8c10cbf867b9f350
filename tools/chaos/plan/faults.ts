import type { Random } from '@gongu/sim';

/** One fault from outside. `forMs`: until it is healed; what is instantaneous has none. */
export type Fault =
  | { readonly kind: 'chat-killed' | 'chat-frozen' | 'chat-drained'; readonly instance: number; readonly forMs: number }
  | { readonly kind: 'trade-killed' | 'trade-frozen'; readonly forMs: number }
  | { readonly kind: 'redis-restarted-empty' | 'redis-stopped' | 'redis-frozen'; readonly forMs: number }
  | { readonly kind: 'redis-cut'; readonly instance: number }
  | { readonly kind: 'redis-half-open'; readonly instance: number; readonly forMs: number }
  | { readonly kind: 'redis-slow'; readonly instance: number; readonly forMs: number; readonly delayMs: number }
  | {
      readonly kind: 'bus-doubled' | 'bus-reordered' | 'bus-dropped';
      readonly instance: number;
      readonly forMs: number;
    }
  | { readonly kind: 'postgres-restarted' | 'postgres-crashed'; readonly forMs: number }
  | { readonly kind: 'postgres-cut'; readonly link: number }
  | { readonly kind: 'postgres-half-open'; readonly link: number; readonly forMs: number }
  | { readonly kind: 'postgres-slow'; readonly link: number; readonly forMs: number; readonly delayMs: number }
  | { readonly kind: 'trade-to-chat-cut' }
  | { readonly kind: 'trade-to-chat-half-open'; readonly forMs: number }
  | { readonly kind: 'clients-cut'; readonly clients: readonly number[] }
  | {
      readonly kind: 'clients-half-open' | 'clients-frozen';
      readonly clients: readonly number[];
      readonly forMs: number;
    }
  | {
      readonly kind: 'clients-slow';
      readonly clients: readonly number[];
      readonly forMs: number;
      readonly bytesPerSecond: number;
    }
  /** Frozen, while others of their rooms say `messages` long texts. */
  | {
      readonly kind: 'clients-flooded';
      readonly clients: readonly number[];
      readonly forMs: number;
      readonly messages: number;
    }
  | { readonly kind: 'clients-clock-wrong'; readonly clients: readonly number[]; readonly skewMs: number };

export type FaultKind = Fault['kind'];

/** What there is to break. */
export interface Breakable {
  readonly instances: number;
  readonly clients: number;
  readonly redis: boolean;
}

/** All kinds, each as often as it is drawn before any comes again. */
export function faultKinds({ redis }: Pick<Breakable, 'redis'>): FaultKind[] {
  const always: FaultKind[] = [
    'chat-killed',
    'chat-frozen',
    'chat-drained',
    'trade-killed',
    'trade-frozen',
    'postgres-restarted',
    'postgres-crashed',
    'postgres-cut',
    'postgres-half-open',
    'postgres-slow',
    'trade-to-chat-cut',
    'trade-to-chat-half-open',
    'clients-cut',
    'clients-half-open',
    'clients-frozen',
    'clients-slow',
    'clients-flooded',
    'clients-clock-wrong',
  ];
  const withRedis: FaultKind[] = [
    'redis-restarted-empty',
    'redis-stopped',
    'redis-frozen',
    'redis-cut',
    'redis-half-open',
    'redis-slow',
    'bus-doubled',
    'bus-reordered',
    'bus-dropped',
  ];
  return redis ? [...always, ...withRedis] : always;
}

/** What is broken, so that two faults of one thing do not meet. Clients may be hit twice. */
export function targetOf(fault: Fault): string | null {
  const [what] = fault.kind.split('-') as [string];
  if (what === 'clients') return null;
  if ('instance' in fault) return `${what}-${fault.instance}`;
  if ('link' in fault) return `${what}-link-${fault.link}`;
  return fault.kind.startsWith('trade-to-chat') ? 'trade-to-chat' : what;
}

/** One fault of a kind, its details by chance. */
export function drawFault(kind: FaultKind, { instances, clients }: Breakable, random: Random): Fault {
  const instance = random.between(0, instances - 1);
  // One for each instance of chat, and trade's.
  const link = random.between(0, instances);
  const some = (share: number) =>
    random.shuffle(Array.from({ length: clients }, (_, i) => i)).slice(0, Math.max(1, Math.round(clients * share)));
  switch (kind) {
    case 'chat-killed':
    case 'chat-drained':
      return { kind, instance, forMs: random.between(0, 3_000) };
    case 'chat-frozen':
      return { kind, instance, forMs: random.between(500, 6_000) };
    case 'trade-killed':
    case 'trade-frozen':
      return { kind, forMs: random.between(200, 4_000) };
    case 'redis-restarted-empty':
      return { kind, forMs: 0 };
    case 'redis-stopped':
    case 'redis-frozen':
      return { kind, forMs: random.between(500, 6_000) };
    case 'redis-cut':
      return { kind, instance };
    case 'redis-half-open':
    case 'bus-doubled':
    case 'bus-reordered':
    case 'bus-dropped':
      return { kind, instance, forMs: random.between(1_000, 6_000) };
    case 'redis-slow':
      return { kind, instance, forMs: random.between(1_000, 6_000), delayMs: random.between(20, 700) };
    case 'postgres-restarted':
    case 'postgres-crashed':
      return { kind, forMs: random.between(0, 2_000) };
    case 'postgres-cut':
      return { kind, link };
    case 'postgres-half-open':
      return { kind, link, forMs: random.between(500, 4_000) };
    case 'postgres-slow':
      return { kind, link, forMs: random.between(1_000, 6_000), delayMs: random.between(10, 400) };
    case 'trade-to-chat-cut':
      return { kind };
    case 'trade-to-chat-half-open':
      return { kind, forMs: random.between(1_000, 5_000) };
    case 'clients-cut':
      // Now and then all of them at once: a balancer that restarts.
      return { kind, clients: some(random.chance(0.25) ? 1 : 0.2) };
    case 'clients-half-open':
      return { kind, clients: some(0.1), forMs: random.between(2_000, 8_000) };
    case 'clients-frozen':
      return { kind, clients: some(0.1), forMs: random.between(2_000, 8_000) };
    case 'clients-slow':
      return {
        kind,
        clients: some(0.15),
        forMs: random.between(2_000, 8_000),
        bytesPerSecond: random.between(400, 8_000),
      };
    case 'clients-flooded':
      return { kind, clients: some(0.1), forMs: random.between(6_000, 9_000), messages: 130 };
    case 'clients-clock-wrong':
      return {
        kind,
        clients: some(0.3),
        skewMs: random.pick([-86_400_000, -45_000, -4_000, 4_000, 45_000, 86_400_000]),
      };
  }
}

/** How long a fault keeps its target, starting again included. */
export function busyMs(fault: Fault): number {
  return (
    ('forMs' in fault ? fault.forMs : 0) + (/killed|drained|restarted|crashed|stopped/.test(fault.kind) ? 3_000 : 500)
  );
}
