import { checkChanges } from './changes.ts';
import { checkDeliveries } from './deliveries.ts';
import type { Evidence } from './evidence.ts';
import { checkFiles } from './files.ts';
import { checkFinalRoom } from './final-room.ts';
import { checkMarks } from './marks.ts';
import { checkMentions } from './mentions.ts';
import { checkRestrictions } from './restrictions.ts';
import { checkSayings } from './sayings.ts';
import { checkSearches } from './searches.ts';
import { textsOf } from './texts.ts';
import { checkTrade } from './trade.ts';
import type { Violation } from './violation.ts';

/** Every guarantee, held against what a run has recorded. A function of its argument alone. */
export function check(evidence: Evidence): Violation[] {
  const {
    histories,
    rooms,
    changes = [],
    marks = [],
    restrictions = [],
    sharedFiles = [],
    processes,
    deaths,
    leaks,
  } = evidence;
  const nowhere = { roomId: null, client: null, seqs: [] };
  const byId = new Map(rooms.map((room) => [room.roomId, room]));
  return [
    ...rooms.flatMap((room) => checkFinalRoom(room, evidence)),
    ...rooms.flatMap((room) => {
      const own = histories.filter(({ roomId }) => roomId === room.roomId);
      const asked = changes.filter(({ roomId }) => roomId === room.roomId);
      const texts = textsOf(asked);
      const shared = sharedFiles.filter(({ roomId }) => roomId === room.roomId);
      return [
        ...own.flatMap((history) => checkDeliveries(history, room, texts)),
        ...checkSayings(own, room, texts, shared),
        ...checkChanges(own, room, asked),
        ...checkMarks(
          room,
          marks.filter(({ roomId }) => roomId === room.roomId),
        ),
        ...checkMentions(own, room),
        ...checkRestrictions(
          room,
          restrictions.filter(({ roomId }) => roomId === room.roomId),
        ),
        ...checkFiles(room, shared),
        ...checkSearches(room),
      ];
    }),
    ...histories
      .filter(({ roomId, entries }) => !byId.has(roomId) && entries.some(({ kind }) => kind === 'received'))
      .map(({ client, roomId }): Violation => {
        return { kind: 'lost', roomId, client, seqs: [], text: `${client} was in ${roomId}, which is not there` };
      }),
    ...checkTrade(evidence),
    ...processes
      .filter(({ maxRssBytes, boundBytes }) => maxRssBytes > boundBytes)
      .map(({ name, maxRssBytes, boundBytes }): Violation => {
        const text = `${name} had ${mib(maxRssBytes)} MiB of resident memory, where ${mib(boundBytes)} is its bound`;
        return { ...nowhere, kind: 'memory', text };
      }),
    ...deaths.map((text): Violation => ({ ...nowhere, kind: 'died', text })),
    ...leaks.map(({ log, line }): Violation => ({ ...nowhere, kind: 'token', text: `${log}: ${line.slice(0, 300)}` })),
  ];
}

function mib(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}
