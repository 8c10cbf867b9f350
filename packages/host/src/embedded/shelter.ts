import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StartError } from '../process/start-error.ts';

/**
 * A folder every account may enter, for what the account `postgres` needs when the clone itself is closed to it (a
 * clone under root's 0700 home). `/var/lib` outlives a restart of the machine; the temporary folder is for systems
 * where `/var/lib` is read-only.
 *
 * @param wanted used instead of both
 */
export function openShelter(wanted?: string): string {
  const places = wanted ? [wanted] : ['/var/lib/gongu', join(tmpdir(), 'gongu')];
  const problems: string[] = [];
  for (const place of places) {
    try {
      mkdirSync(place, { recursive: true, mode: 0o755 });
      const { uid } = lstatSync(place);
      // Somebody else's folder would let him swap the programs that we are about to run.
      if (uid !== process.getuid?.()) throw new Error(`${place} belongs to another user`);
      chmodSync(place, 0o755); // whatever the umask made of it
      return place;
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new StartError(`no folder for PostgreSQL's data and programs: ${problems.join('; ')}`);
}
