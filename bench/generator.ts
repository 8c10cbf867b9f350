import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { StartError } from '@gongu/host';

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** What was used of the CPUs, each 0 to 1. */
export interface Use {
  /** The generator's own, of its CPU. */
  readonly gen_util: number;
  /** The server's CPU, whoever used it; `steal` is what the host kept. */
  readonly cpu?: { readonly busy: number; readonly steal: number };
  /** By name: `server`, `pg`, `redis`. */
  readonly procs: Readonly<Record<string, { readonly util: number; readonly rss_mb?: number }>>;
}

/** What a step of the generator measured; see the head of wsload.c. */
export interface Step extends Use {
  /** Messages offered per second, all publishers together. */
  readonly rate: number;
  readonly expected: number;
  readonly got: number;
  readonly delivered_per_s: number;
  readonly per_server_cpu_s: number;
  /** Of its CPU, what it spent outside the kernel: of a write to a socket the kernel has most, and takes now more, now less. */
  readonly per_server_user_s: number;
  readonly lat_ms: Percentiles;
  readonly ack_ms?: Percentiles;
  readonly acked_per_s?: number;
  readonly acked_per_server_cpu_s?: number;
  readonly late_max_ms: number;
  readonly dups: number;
  readonly gaps: number;
  readonly missing: number;
  readonly misrouted: number;
}

export interface Measurement {
  readonly connect: {
    readonly joined: number;
    readonly failed: number;
    readonly per_s: number;
    readonly per_server_cpu_s: number;
    readonly anon_kb_per_conn: number;
    readonly error: string;
    /** While they connected and joined. */
    readonly during: Use;
  };
  readonly steps: readonly Step[];
  readonly closed: number;
  readonly final_error: string;
}

export interface Generator {
  /** @param args options of wsload @throws Error when it gives no result within 5 minutes */
  measure(args: readonly string[]): Promise<Measurement>;
  /**
   * Connects and stays, so that somebody else can have a turn between two of its own.
   *
   * @param args options of wsload, of one step @throws Error when it has not connected within 5 minutes
   */
  open(args: readonly string[]): Promise<OpenMeasurement>;
}

/** A measurement whose steps are asked for one by one. */
export interface OpenMeasurement {
  readonly connect: Measurement['connect'];
  /** Takes the step once more. @throws Error when it gives no result within 5 minutes */
  step(): Promise<Step>;
  /** Closes all connections. */
  end(): Promise<Pick<Measurement, 'closed' | 'final_error'>>;
}

const LONGEST_MS = 300_000;

/** Compiles `source`, a C program without dependencies. @throws StartError where there is no C compiler */
export function compile(source: string, folder: string, name: string): string {
  const program = join(folder, name);
  const { status, error, stderr } = spawnSync('cc', ['-O2', '-o', program, source], { encoding: 'utf8' });
  if (error) throw new StartError('no C compiler ("cc") on the PATH: the load generator is written in C');
  if (status !== 0) throw new StartError(`${source} could not be compiled: ${stderr}`);
  return program;
}

/** The load generator: one thread of C, so that it is not what limits. `signal` ends a measurement, which is then rejected. */
export function createGenerator(program: string, signal: AbortSignal): Generator {
  const start = (args: readonly string[]) => {
    const child = spawn(program, ['--quiet', ...args], { signal, stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.on('error', () => {}); // it has ended: what it left says why
    return child;
  };
  return {
    measure(args) {
      return new Promise((resolve, reject) => {
        const child = start(args);
        const tooLong = setTimeout(() => child.kill('SIGKILL'), LONGEST_MS);
        let output = '';
        child.stdout.on('data', (data) => (output += data));
        child.once('error', reject);
        child.once('close', () => {
          clearTimeout(tooLong);
          try {
            resolve(JSON.parse(output));
          } catch (cause) {
            reject(new Error(`the generator left no result: ${output.slice(-300)}`, { cause }));
          }
        });
      });
    },
    async open(args) {
      const child = start([...args, '--turns']);
      child.on('error', () => {}); // an end by `signal`: there is no further line
      const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
      const read = async <T>(whole: (line: string) => string): Promise<T> => {
        const tooLong = setTimeout(() => child.kill('SIGKILL'), LONGEST_MS);
        const { value, done } = await lines.next();
        clearTimeout(tooLong);
        signal.throwIfAborted();
        if (done) throw new Error('the generator left no result');
        return JSON.parse(whole(value));
      };
      const { connect } = await read<Measurement>((line) => `${line}]}`);
      return {
        connect,
        step() {
          child.stdin.write('\n');
          return read<Step>((line) => line.replace(/^,/, ''));
        },
        end() {
          child.stdin.end();
          return read<Measurement>((line) => `{"steps":[${line}`);
        },
      };
    },
  };
}
