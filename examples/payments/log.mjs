import { closeSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Lines of JSON that outlive the program: a line is on the disk when `append` returns.
 *
 * @param replay is given each line that is there, oldest first
 */
export function openLog(path, replay) {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, 'a+', 0o600);
  const bytes = readFileSync(path);
  // A program that was killed may have left half a line, which nothing has followed from.
  const whole = bytes.lastIndexOf(10) + 1;
  ftruncateSync(file, whole);
  for (const line of bytes.subarray(0, whole).toString().split('\n')) if (line !== '') replay(JSON.parse(line));
  return {
    append(line) {
      writeSync(file, `${JSON.stringify(line)}\n`);
      fsyncSync(file);
    },
    close: () => closeSync(file),
  };
}
