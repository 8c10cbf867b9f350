/** What a subject is called in tables of ratios; aims are set beside these. */
export type SubjectLabel =
  | 'chat'
  | 'limit'
  | 'ws'
  | 'ws over Redis'
  | 'INSERT peer'
  | 'Centrifugo, memory'
  | 'Centrifugo, PostgreSQL'
  | 'Spring, nothing stored'
  | 'Spring, jdbc';

/** A server that is measured. */
export interface Subject {
  readonly label: SubjectLabel;
  /** What it does, for the tables of figures. */
  readonly name: string;
  /**
   * Chat itself: it has promised that nothing comes twice, late or never, so a run in which something does has failed, and
   * so has the command; and it knows who has been there, so members that come back are measured as well.
   */
  readonly ours: boolean;
  /** Options of the generator that say how one talks to it: path, hello, frame, acknowledgement. */
  readonly speech: readonly string[];
  /** Rates in messages per second at which the search for the highest one begins: one room of 500, 50 rooms of 20. */
  readonly from: readonly [number, number];
  /** Starts it afresh. `rooms` are those the generator will use. */
  start(options: StartOptions): Promise<RunningSubject>;
}

export interface StartOptions {
  readonly instances: 1 | 2;
  readonly rooms: readonly string[];
  /** Connections that the generator will open, each by a user of its own. */
  readonly connections: number;
  /** The scenario's name, for profiles. */
  readonly label: string;
}

export interface RunningSubject {
  readonly ports: readonly number[];
  /** Of the servers themselves. */
  readonly pids: readonly number[];
  /** `name:pid` of what works for them. */
  readonly helpers: readonly string[];
  stop(): Promise<void>;
}

/** Chat, of which more is known than of its peers. */
export interface ChatSubject extends Subject {
  start(options: StartOptions): Promise<RunningChat>;
}

export interface RunningChat extends RunningSubject {
  /** Kills the first instance and starts another in its place. */
  crash(): Promise<void>;
}

/** A text of 100 characters, as in every scenario; `{mark}` is 38 of them. */
export const TEXT = '{mark}{pad:62}';
