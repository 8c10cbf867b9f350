import { closeSync, copyFileSync, fstatSync, openSync, readFileSync, readSync, statSync, truncateSync } from 'node:fs';

export interface LogFileOptions {
  file: string;
  /** Called with every line that is added from now on. */
  onLine: (line: string) => void;
  /** Milliseconds between looks at the file. @default 200 */
  intervalMs?: number;
  /** Bytes beyond which the file is begun anew; its content is then kept in `<file>.1`. @default 33_554_432 */
  limitBytes?: number;
}

export interface LogFile {
  /** For a child's standard output. The file, not a pipe: a child is never stopped by us, nor ends when we do. */
  open(): number;
  /** What was added since that size, at most the last 64 KiB of it. */
  since(bytes: number): string;
  size(): number;
  /** Reads to the end once more and stops looking. */
  close(): void;
}

const CHUNK_BYTES = 64 * 1024;

/** A service's log, followed while the service writes it. */
export function followLog(options: LogFileOptions): LogFile {
  const { file, onLine, intervalMs = 200, limitBytes = 32 * 1024 * 1024 } = options;
  const open = () => openSync(file, 'a', 0o600);
  closeSync(open());
  let at = statSync(file).size;
  let half = '';
  const decoder = new TextDecoder();

  function look(): void {
    const input = openSync(file, 'r');
    try {
      const { size } = fstatSync(input);
      if (size < at) at = 0; // begun anew
      const chunk = Buffer.alloc(CHUNK_BYTES);
      while (at < size) {
        const bytes = readSync(input, chunk, 0, Math.min(chunk.length, size - at), at);
        if (bytes === 0) break;
        at += bytes;
        const lines = (half + decoder.decode(chunk.subarray(0, bytes), { stream: true })).split('\n');
        half = lines.pop() ?? '';
        for (const line of lines) onLine(line);
      }
      if (size > limitBytes) {
        copyFileSync(file, `${file}.1`);
        truncateSync(file); // the child appends, so it goes on at the new end
        at = 0;
      }
    } finally {
      closeSync(input);
    }
  }

  const lookSafely = () => {
    try {
      look();
    } catch {
      // Somebody removed the file, or the disk is full: the service goes on, and so do we.
    }
  };
  const timer = setInterval(lookSafely, intervalMs);
  return {
    open,
    since(bytes) {
      const content = readFileSync(file);
      return content.subarray(Math.max(bytes, content.length - CHUNK_BYTES)).toString('utf8');
    },
    size: () => statSync(file, { throwIfNoEntry: false })?.size ?? 0,
    close() {
      clearInterval(timer);
      lookSafely();
    },
  };
}
