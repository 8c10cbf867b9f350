import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { StartError } from '../process/start-error.ts';
import type { Place } from './place.ts';
import { processIdentity } from './process-identity.ts';

interface Owner {
  pid: number;
  identity: string | undefined;
}

/**
 * Makes this process the owner of the folder `root`, and returns the way to give it up. A dead owner's is taken over.
 *
 * @param place.owner file that names the owner
 * @throws StartError when a living process owns it
 */
export function takeOwnership(place: Pick<Place, 'root' | 'owner'>): () => void {
  const me: Owner = { pid: process.pid, identity: processIdentity(process.pid) };
  for (let attempt = 0; ; attempt++) {
    try {
      writeFileSync(place.owner, JSON.stringify(me), { flag: 'wx', mode: 0o600 });
      return () => rmSync(place.owner, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt === 3) throw error;
    }
    const owner = readOwner(place.owner);
    if (owner && processIdentity(owner.pid) === owner.identity) {
      throw new StartError(
        `${place.root} is in use by process ${owner.pid}: stop it first, or choose another DATA_DIR`,
      );
    }
    rmSync(place.owner, { force: true });
  }
}

// A half-written file names nobody.
function readOwner(file: string): Owner | undefined {
  try {
    const owner = JSON.parse(readFileSync(file, 'utf8')) as Owner;
    return Number.isInteger(owner.pid) ? owner : undefined;
  } catch {
    return undefined;
  }
}
