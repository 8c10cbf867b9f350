import type { Draft } from '../../room/ports/message-store.ts';
import type { NoKey, RoomKeys } from './room-keys.ts';
import { boundOf } from './sealed-texts.ts';

/** A draft with its texts as they are kept. */
export type SealedDraft = Draft & {
  readonly sealed: {
    readonly content: string;
    /** As JSON. */
    readonly data: string | null;
    readonly signalType: string | null;
    /** The key that they are sealed with; null: they are clear. */
    readonly keyNo: number | null;
  };
};

/** No key has this number. */
const NO_ROOM = -1;

/**
 * Seals drafts, each with its room's key; one of a room that has none to seal with now is what that comes to.
 * @throws AppError UNAVAILABLE, UNKNOWN_OUTCOME: nothing was stored
 */
export async function sealDrafts(keys: RoomKeys, drafts: readonly Draft[]): Promise<(SealedDraft | NoKey)[]> {
  if (!keys.isOn) return drafts.map(clear);
  const found = await keys.forWriting(new Set(drafts.map(({ roomId }) => roomId)));
  return drafts.map((draft) => {
    const key = found.get(draft.roomId);
    // There is no such room, which the append will say; where it has come meanwhile this is no key of it, and is sealed anew.
    if (!key) return { ...draft, sealed: { content: '', data: null, signalType: null, keyNo: NO_ROOM } };
    if ('outcome' in key) return key;
    const place = {
      roomId: draft.roomId,
      userId: draft.sender?.userId ?? null,
      clientMessageId: draft.clientMessageId,
    };
    const { content, data, signalType } = draft;
    return {
      ...draft,
      sealed: {
        content: content === '' ? '' : key.seal(boundOf('content', place), content),
        data: data === undefined ? null : JSON.stringify(key.seal(boundOf('data', place), JSON.stringify(data))),
        signalType: signalType === undefined ? null : key.seal(boundOf('signal', place), signalType),
        keyNo: key.keyNo,
      },
    };
  });
}

function clear(draft: Draft): SealedDraft {
  const { content, data, signalType = null } = draft;
  return {
    ...draft,
    sealed: { content, data: data === undefined ? null : JSON.stringify(data), signalType, keyNo: null },
  };
}
