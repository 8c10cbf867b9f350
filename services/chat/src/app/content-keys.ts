import { StartError } from '@gongu/host';
import type { ContentStore } from '../room/ports/content-store.ts';

/**
 * A key of `CONTENT_KEYS` that is in use can't be left out, nor be another one by its id.
 * @throws StartError that names it, and rooms that would not be readable
 */
export async function requireContentKeys(content: Pick<ContentStore, 'unopened' | 'noteKeys'>): Promise<void> {
  const faults = (await content.unopened()).map(({ keyId, why, rooms, roomIds }) => {
    const which = `the keys of ${rooms} rooms (${roomIds.join(', ')}${rooms > roomIds.length ? ', …' : ''})`;
    return why === 'unknown'
      ? `"${keyId}" is not there, and ${which} are sealed by it: add it, or "${keyId}:lost" if nobody has it any more`
      : `"${keyId}" is another key than the one by which ${which} are sealed`;
  });
  if (faults.length === 0) {
    const others = await content.noteKeys();
    faults.push(
      ...others.map((id) => `"${id}" is another key than the one that had this id before: give it an id of its own`),
    );
  }
  if (faults.length > 0) throw new StartError(`CONTENT_KEYS: ${faults.join('; ')}`);
}
