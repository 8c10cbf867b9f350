/** What the load of a scenario is. Figures to reach: docs/performance.md. */
export interface Scenario {
  readonly title: string;
  readonly kind:
    | 'fan-out'
    | 'curve'
    | 'idle'
    | 'latency'
    | 'ingest'
    | 'history'
    | 'reads'
    | 'list'
    | 'search'
    | 'changes'
    | 'sealing';
  readonly instances: 1 | 2;
  readonly connections: number;
  readonly rooms: number;
  readonly publishers: number;
  /** Messages per second of the measurement at a fixed rate. */
  readonly rate: number;
  /** Which of a subject's `from` applies. */
  readonly from: 0 | 1;
}

const ONE_ROOM = {
  kind: 'fan-out',
  instances: 1,
  connections: 500,
  rooms: 1,
  publishers: 10,
  rate: 100,
  from: 0,
} as const;
const MANY_ROOMS = { ...ONE_ROOM, connections: 1_000, rooms: 50, publishers: 50, rate: 1_000, from: 1 } as const;

export const SCENARIOS = {
  s1a: { ...ONE_ROOM, title: 'fan-out, one room of 500' },
  s1b: { ...MANY_ROOMS, title: 'fan-out, 50 rooms of 20' },
  s2: {
    ...ONE_ROOM,
    kind: 'idle',
    connections: 10_000,
    rooms: 500,
    publishers: 0,
    rate: 0,
    title: '10 000 idle members, rooms of 20',
  },
  s3: {
    ...ONE_ROOM,
    kind: 'latency',
    connections: 100,
    rooms: 10,
    rate: 20,
    title: '100 members, 20 messages a second',
  },
  s4a: { ...ONE_ROOM, instances: 2, title: 's1a over two instances and Redis' },
  s4b: { ...MANY_ROOMS, instances: 2, title: 's1b over two instances and Redis' },
  s5: {
    ...ONE_ROOM,
    kind: 'ingest',
    connections: 50,
    rooms: 50,
    publishers: 50,
    title: 'stored messages, 50 senders alone in 50 rooms',
  },
  curve: { ...ONE_ROOM, kind: 'curve', title: 's1a with writes to a room further and less far apart' },
  history: {
    ...ONE_ROOM,
    kind: 'history',
    connections: 1,
    publishers: 0,
    rate: 200,
    title: 'pages of 50 in a room of a million messages',
  },
  list: {
    ...ONE_ROOM,
    kind: 'list',
    connections: 1,
    publishers: 0,
    rate: 0,
    title: 'a conversation of 10 000 messages in Chromium',
  },
  search: {
    ...ONE_ROOM,
    kind: 'search',
    connections: 1,
    publishers: 0,
    rate: 20,
    title: 'searches in a room of a million messages',
  },
  changes: {
    ...ONE_ROOM,
    kind: 'changes',
    connections: 1,
    publishers: 0,
    rate: 0,
    title: 'edits, reactions and deletions beside messages of their size',
  },
  sealing: {
    ...ONE_ROOM,
    kind: 'sealing',
    connections: 50,
    rooms: 50,
    publishers: 50,
    title: 'a million clear rows that are sealed beside s5',
  },
  reads: {
    ...ONE_ROOM,
    kind: 'reads',
    connections: 200,
    rooms: 50,
    publishers: 0,
    rate: 0,
    title: 'statements that PostgreSQL is given',
  },
} satisfies Readonly<Record<string, Scenario>>;

export type ScenarioName = keyof typeof SCENARIOS;
