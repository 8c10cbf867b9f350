/** A service whose document is tried. */
export type ServiceName = 'trade' | 'chat';

/** Runs a program to its end. @throws Error with the end of what it printed */
export type Run = (command: string, args: readonly string[], options?: RunOptions) => Promise<string>;

export interface RunOptions {
  /** Where; default: the folder of the job, or of the tools. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** What is made of one service's document. */
export interface Job {
  readonly service: ServiceName;
  /** Path of the document. */
  readonly document: string;
  /** An empty folder. */
  readonly folder: string;
  /** Where `install` has put the tools. */
  readonly tools: string;
  /** Copies a file of `clients/<generator>`. */
  readonly copy: (name: string, to: string) => void;
  readonly write: (name: string, text: string) => void;
  readonly run: Run;
}

/** A generator of clients in one language, pinned. */
export interface Generator {
  /** As in `clients/<name>` and on the command line. */
  readonly name: string;
  readonly version: string;
  readonly language: string;
  /** Programs that must be there: `go`, `mvn`. */
  readonly needs: readonly string[];
  /** What it has to be told for these documents; '' = nothing. */
  readonly told: string;
  /** Brings the tool into the folder of the tools. */
  install(tools: string, run: Run): Promise<void>;
  /** Generates and compiles. @returns the command that makes a call: service's URL, token and product are in its environment */
  make(job: Job): Promise<readonly [string, ...string[]]>;
}
