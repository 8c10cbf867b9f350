import { Worker } from 'node:worker_threads';
import { AppError } from '@gongu/shared';
import type { FileInspector, Inspected } from '../room/ports/file-inspector.ts';
import type { WorkerData } from './worker-data.ts';

export interface InspectorOptions extends WorkerData {
  /** The bundle of `worker.ts`. */
  readonly program: URL;
}

/** Uploads that may wait to be looked at; further ones are told to come later. */
const MOST_WAITING = 100;

interface Waiting {
  readonly upload: Parameters<FileInspector['inspect']>[0];
  readonly resolve: (found: Inspected) => void;
  readonly reject: (error: AppError) => void;
}

/** Looks at files in one thread of its own, one after the other. The thread begins with the first file, and anew when it ended. */
export function createInspector({ program, ...workerData }: InspectorOptions): FileInspector {
  const queue: Waiting[] = [];
  let worker: Worker | null = null;
  let underWay: Waiting | null = null;

  function away(cause: unknown): AppError {
    return new AppError('UNAVAILABLE', { detail: 'The file could not be looked at', retryAfterMs: 2_000, cause });
  }

  function begin(): Worker {
    const begun = new Worker(program, { workerData });
    // A service that stops does not wait for a picture.
    begun.unref();
    begun.on('message', ({ result, failure }: { result?: Inspected; failure?: string }) => {
      const done = underWay;
      underWay = null;
      if (result) done?.resolve(result);
      else done?.reject(away(new Error(failure)));
      next();
    });
    const ended = (cause: unknown) => {
      if (worker !== begun) return;
      worker = null;
      const lost = underWay;
      underWay = null;
      lost?.reject(away(cause));
      next();
    };
    begun.on('error', ended);
    begun.on('exit', (code) => ended(new Error(`the thread that looks at files ended with ${code}`)));
    return begun;
  }

  function next(): void {
    if (underWay) return;
    underWay = queue.shift() ?? null;
    if (!underWay) return;
    worker ??= begin();
    worker.postMessage(underWay.upload);
  }

  return {
    inspect(upload) {
      if (queue.length >= MOST_WAITING) {
        return Promise.reject(
          new AppError('UNAVAILABLE', { detail: 'Too many files wait to be looked at', retryAfterMs: 5_000 }),
        );
      }
      return new Promise((resolve, reject) => {
        queue.push({ upload, resolve, reject });
        next();
      });
    },

    async close() {
      for (const { reject } of queue.splice(0)) reject(away(new Error('the service stops')));
      const ending = worker;
      worker = null;
      underWay?.reject(away(new Error('the service stops')));
      underWay = null;
      await ending?.terminate();
    },
  };
}
