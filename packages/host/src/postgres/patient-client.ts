import pg from 'pg';
import { patience } from './patience.ts';

/** Of what a pool and its connections are made with. */
export interface ClientPatience {
  /** Milliseconds to wait for a connection. */
  readonly connectTimeoutMs: number;
  /** Milliseconds to wait for an answer. */
  readonly queryTimeoutMs: number;
}

/** A connection whose times are those of {@link patience}; node-postgres has timers of `setTimeout`. */
export class PatientClient extends pg.Client {
  readonly #patience: ClientPatience;

  /** @param config a pool's options, which have {@link ClientPatience} among them */
  constructor(config?: pg.ClientConfig) {
    super(config);
    this.#patience = config as ClientPatience;
  }

  override connect(): Promise<pg.Client>;
  override connect(callback: (error: Error) => void): void;
  override connect(callback?: (error: Error) => void): Promise<pg.Client> | undefined {
    if (!callback) {
      return new Promise((resolve, reject) => {
        this.connect((error?: Error) => (error ? reject(error) : resolve(this)));
      });
    }
    const end = patience(this.#patience.connectTimeoutMs, () => this.#destroy('timeout expired'));
    super.connect((error: Error) => {
      end();
      callback(error);
    });
    return undefined;
  }

  // Of its many forms the ones with a promise: all that the pool, Prisma and we use. Others pass as they are.
  // biome-ignore lint/suspicious/noExplicitAny: the forms of pg are overloads
  override query(...given: any[]): any {
    const answer: unknown = (super.query as (...all: unknown[]) => unknown).apply(this, given);
    return answer instanceof Promise ? this.inTime(answer) : answer;
  }

  /** The same; what is not answered in time costs the connection, as nothing behind it would be answered either. */
  protected inTime<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const end = patience(this.#patience.queryTimeoutMs, () => {
        reject(new Error('Query read timeout'));
        this.#destroy('Query read timeout');
      });
      answer.finally(end).then(resolve, reject);
    });
  }

  #destroy(reason: string): void {
    const { stream } = (this as unknown as { connection: { stream: import('node:net').Socket } }).connection;
    stream.destroy(new Error(reason));
  }
}
