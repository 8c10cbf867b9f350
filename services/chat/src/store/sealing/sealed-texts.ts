import { AppError, type Attachment } from '@gongu/shared';
import type { Failure } from '../../room/ports/outcome.ts';
import type { MessageJson, StoredAttachment } from '../rows.ts';
import type { Bound, RoomKey } from './room-key.ts';
import type { RoomKeys } from './room-keys.ts';

/** What a message's texts are bound to; `userId` null: the service's. */
export function boundOf(
  what: 'content' | 'data' | 'signal',
  { roomId, userId, clientMessageId }: { roomId: string; userId: string | null; clientMessageId: string | null },
): Bound {
  return [what, roomId, userId ?? '', clientMessageId ?? ''];
}

export function boundOfName(roomId: string, userId: string | null, uploadId: string): Bound {
  return ['name', roomId, userId ?? '', uploadId];
}

/** A file of the key's room with its name sealed, as it is where it was so before. */
export function sealedFile(key: RoomKey, file: StoredAttachment, userId: string | null): StoredAttachment {
  if (file.keyNo !== undefined) return file;
  return { ...file, name: key.seal(boundOfName(key.roomId, userId, file.id), file.name), keyNo: key.keyNo };
}

export function boundOfReport(
  what: 'note' | 'resolution',
  report: { roomId: string; reporterId: string; seq: number },
): Bound {
  return [what, report.roomId, report.reporterId, `${report.seq}`];
}

/** Texts as they are kept, and as they are read. What is empty is not sealed. */
export interface SealedTexts {
  readonly keys: RoomKeys;
  /**
   * Opens rows, in place: one whose texts can not be opened, since they were altered or moved, is `unreadable`, and has none.
   * @throws AppError UNAVAILABLE where the key of a room can not be opened
   */
  open<Row extends MessageJson>(rows: readonly Row[]): Promise<readonly Row[]>;
  /** The same, without the rows of rooms whose key can not be opened: these are told by room. */
  openMost<Row extends MessageJson>(rows: readonly Row[]): Promise<ReadonlyMap<string, Failure>>;
  /** The same of what was written, and is told whatever becomes of it: of those rooms, too, rows are unreadable. */
  openWritten(rows: readonly MessageJson[]): Promise<void>;
  /**
   * A text; null where it can not be opened.
   * @throws AppError UNAVAILABLE where its key can not be opened
   */
  openText(keyNo: number | null, bound: Bound, text: string): Promise<string | null>;
  /** Files with their names; a name that can not be opened is empty. @throws AppError as `openText` */
  openFiles(files: readonly { file: StoredAttachment; roomId: string; userId: string | null }[]): Promise<Attachment[]>;
  /** The room's key, where texts are sealed; null: they are written clear. @throws AppError UNAVAILABLE, UNKNOWN_OUTCOME */
  keyOf(roomId: string, evenGone?: boolean): Promise<RoomKey | null>;
  /** By its number. @throws AppError UNAVAILABLE where it can not be opened, or is no more */
  keyBy(keyNo: number): Promise<RoomKey>;
}

export interface SealedTextsOptions {
  readonly keys: RoomKeys;
  /** Hears of a text that can not be opened although its key can; `id` of its message, file or report. */
  readonly onAltered?: (roomId: string, id: string) => void;
}

export function createSealedTexts({ keys, onAltered }: SealedTextsOptions): SealedTexts {
  type Found = ReadonlyMap<number, RoomKey | Failure>;

  /** Null: it was altered, or is not there. */
  function read(found: Found, keyNo: number, bound: Bound, text: string): string | null {
    if (text === '') return '';
    const key = found.get(keyNo);
    try {
      if (key && !('outcome' in key)) return key.open(bound, text);
    } catch {
      // Told below.
    }
    onAltered?.(bound[1], bound[3]);
    return null;
  }

  function openFile(found: Found, file: StoredAttachment, roomId: string, userId: string | null): Attachment {
    const { keyNo, ...rest } = file;
    if (keyNo === undefined) return rest;
    return { ...rest, name: read(found, keyNo, boundOfName(roomId, userId, file.id), file.name) ?? '' };
  }

  function openRow(found: Found, row: MessageJson): void {
    const { roomId, senderId: userId, clientMessageId, keyNo, change } = row;
    if (keyNo != null) {
      const place = { roomId, userId, clientMessageId };
      const content = read(found, keyNo, boundOf('content', place), row.content);
      const data = row.data == null ? null : read(found, keyNo, boundOf('data', place), String(row.data));
      const signal = row.signalType == null ? null : read(found, keyNo, boundOf('signal', place), row.signalType);
      const isWhole =
        content !== null && (row.data == null || data !== null) && (row.signalType == null || signal !== null);
      row.content = isWhole ? content : '';
      row.data = isWhole && data !== null ? JSON.parse(data) : null;
      row.signalType = isWhole ? signal : null;
      if (!isWhole) row.unreadable = true;
      row.keyNo = null;
    }
    if (change?.attachments) {
      change.attachments = change.attachments.map((file) => openFile(found, file, roomId, userId));
    }
  }

  /** Of what is to be opened; most often nothing, or all with one key. */
  function* keyNosOf(rows: readonly MessageJson[]): Iterable<number> {
    for (const { keyNo, change } of rows) {
      if (keyNo != null) yield keyNo;
      for (const file of change?.attachments ?? []) if (file.keyNo !== undefined) yield file.keyNo;
    }
  }

  function failureOf(found: Found, row: MessageJson): Failure | null {
    for (const keyNo of keyNosOf([row])) {
      const key = found.get(keyNo);
      if (key && 'outcome' in key) return key;
    }
    return null;
  }

  async function openMost(rows: readonly MessageJson[]): Promise<ReadonlyMap<string, Failure>> {
    const failed = new Map<string, Failure>();
    if (!rows.some(({ keyNo, change }) => keyNo != null || change?.attachments)) return failed;
    const found = await keys.byNo(keyNosOf(rows));
    const shut = [...found.values()].some((key) => 'outcome' in key);
    for (const row of rows) {
      const failure = shut ? failureOf(found, row) : null;
      if (failure) failed.set(row.roomId, failure);
      else openRow(found, row);
    }
    return failed;
  }

  async function foundOf(keyNos: Iterable<number>): Promise<Found> {
    const found = await keys.byNo(keyNos);
    for (const key of found.values()) if ('outcome' in key) throw key.error;
    return found;
  }

  return {
    keys,
    openMost,

    async open(rows) {
      for (const { error } of (await openMost(rows)).values()) throw error;
      return rows;
    },

    async openWritten(rows) {
      await openMost(rows).catch(() => {});
      for (const row of rows) {
        if (row.keyNo != null) Object.assign(row, { content: '', data: null, signalType: null, unreadable: true });
        row.keyNo = null;
        for (const file of row.change?.attachments ?? []) {
          if (file.keyNo !== undefined) file.name = '';
          delete file.keyNo;
        }
      }
    },

    async openText(keyNo, bound, text) {
      return keyNo === null ? text : read(await foundOf([keyNo]), keyNo, bound, text);
    },

    async openFiles(files) {
      const found = await foundOf(files.flatMap(({ file }) => file.keyNo ?? []));
      return files.map(({ file, roomId, userId }) => openFile(found, file, roomId, userId));
    },

    async keyBy(keyNo) {
      const key = (await foundOf([keyNo])).get(keyNo);
      if (!key || 'outcome' in key) throw new AppError('UNAVAILABLE', { detail: `The key ${keyNo} is not there` });
      return key;
    },

    async keyOf(roomId, evenGone) {
      if (!keys.isOn) return null;
      const key = (await keys.forWriting([roomId], evenGone)).get(roomId) ?? null;
      if (!key || !('outcome' in key)) return key;
      throw 'error' in key ? key.error : new AppError('UNAVAILABLE', { detail: 'The room is locked by somebody else' });
    },
  };
}
