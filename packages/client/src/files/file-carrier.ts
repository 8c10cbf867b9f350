import { chatError, isPassing } from '../chat-error.ts';
import type { Clock } from '../clock.ts';
import type { OutboxStorage } from '../outbox/outbox-storage.ts';
import type { Outgoing, OutgoingFile } from '../outbox/outgoing.ts';
import type { FileClient } from './file-client.ts';
import { createFileStorage, type FileStorage, type KeptFile } from './kept-files.ts';
import { type Upload, uploadFile } from './upload.ts';

export interface FileCarrierOptions {
  readonly client: FileClient;
  /** Where the messages wait. */
  readonly storage: OutboxStorage;
  /** Where their bytes wait. Default: IndexedDB. */
  readonly files?: FileStorage | undefined;
  readonly outbox: {
    find(roomId: string, clientMessageId: string): Outgoing | undefined;
    /** Changes one, keeps it so, and sends what can be sent. */
    amend(roomId: string, clientMessageId: string, part: Partial<Outgoing>): void;
    discard(roomId: string, clientMessageId: string): void;
  };
  readonly clock: Clock;
  readonly random: () => number;
}

/** As much of a browser as is used. Without locks, several tabs may upload the same. */
interface Surroundings {
  readonly navigator?: {
    readonly locks?: { request(name: string, held: () => Promise<void>): Promise<unknown> };
  };
}

/** A message under way, with its files. */
interface Carried {
  /** In the order of its files; empty before their bytes are there. */
  uploads: readonly { readonly id: string; readonly upload: Upload; readonly stop: () => void }[];
  isOver: boolean;
  /** Lets another tab have it. */
  readonly end: () => void;
}

/** Brings the files of messages to the service, also those of an earlier visit, and tells the outbox when they are there. */
export function createFileCarrier(options: FileCarrierOptions) {
  const { client, storage, files = createFileStorage(), outbox, clock, random } = options;
  const carried = new Map<string, Carried>();
  /** Users whose left-overs were looked for. */
  const swept = new Set<string>();

  /** Bytes without a message: it was given up while this code was not there. */
  async function sweep(userId: string): Promise<void> {
    if (swept.has(userId)) return;
    swept.add(userId);
    // The files first: one that is kept from now on has its message there already.
    const kept = await files.load(userId);
    const ids = new Set((await storage.load(userId)).map(({ clientMessageId }) => clientMessageId));
    for (const one of kept) {
      if (!ids.has(one.clientMessageId) && !carried.has(one.clientMessageId)) await files.remove(one);
    }
  }

  /** Resolves when no other tab has the message; it has this one's until then. */
  function mine({ userId, clientMessageId }: Outgoing, until: Promise<void>): Promise<void> {
    const { locks } = (globalThis as Surroundings).navigator ?? {};
    return new Promise((resolve) => {
      const held = () => {
        resolve();
        return until;
      };
      if (!locks) resolve();
      else locks.request(`gongu ${userId} ${clientMessageId}`, held).catch(() => resolve());
    });
  }

  async function begin(draft: Outgoing, one: Carried, until: Promise<void>): Promise<void> {
    const { userId, roomId, clientMessageId, uploads } = draft;
    if (uploads) {
      // Nobody else knows of it yet.
      void mine(draft, until);
      take(draft, one, uploads);
      await keep(draft, one);
      return sweep(userId);
    }
    await mine(draft, until);
    if (one.isOver) return;
    // Another tab may have sent it, or given it up.
    const drafts = await storage.load(userId).catch(() => null);
    const stored = drafts ? drafts.find((each) => each.clientMessageId === clientMessageId) : draft;
    if (!stored?.files) return outbox.discard(roomId, clientMessageId);
    const kept = await files.load(userId).catch(() => []);
    if (one.isOver) return;
    const own = new Map(kept.filter((each) => each.clientMessageId === clientMessageId).map((each) => [each.id, each]));
    const again = stored.files.map((file) => resumed(roomId, file, own.get(file.id)));
    outbox.amend(roomId, clientMessageId, { files: stored.files, uploads: again });
    take({ ...draft, files: stored.files }, one, again);
    return sweep(userId);
  }

  function resumed(roomId: string, file: OutgoingFile, kept: KeptFile | undefined): Upload {
    const { attachment = null } = file;
    const lost = kept || attachment ? null : chatError('FILE_LOST', 'This browser has not kept the file');
    const from = { attachment, error: file.error ?? lost, place: kept?.place ?? null };
    return uploadFile(client, roomId, kept?.file ?? file, { clock, random, from });
  }

  /** The bytes, and where they go; as far as this browser has room. */
  async function keep(draft: Outgoing, one: Carried): Promise<void> {
    const { userId, roomId, clientMessageId } = draft;
    try {
      for (const { id, upload } of one.uploads) {
        const { place } = upload.getSnapshot();
        await files.put({ userId, clientMessageId, id, file: upload.file, place });
        // Given up or sent meanwhile.
        if (one.isOver || !one.uploads.some((each) => each.id === id))
          await files.remove({ userId, clientMessageId, id });
      }
    } catch {
      if (!one.isOver) outbox.amend(roomId, clientMessageId, { isUnkept: true });
    }
  }

  function take(draft: Outgoing, one: Carried, uploads: readonly Upload[]): void {
    const { userId, roomId, clientMessageId } = draft;
    one.uploads = uploads.map((upload, i) => {
      const { id } = draft.files![i]!;
      let { place: known } = upload.getSnapshot();
      const stop = upload.subscribe(() => {
        const { place, status } = upload.getSnapshot();
        if (place !== known) {
          known = place;
          if (status === 'uploading') {
            void files.put({ userId, clientMessageId, id, file: upload.file, place }).catch(() => {});
          }
        }
        look(roomId, clientMessageId, one);
      });
      return { id, upload, stop };
    });
    look(roomId, clientMessageId, one);
  }

  /** What has become of the files is the message's. */
  function look(roomId: string, clientMessageId: string, one: Carried): void {
    const draft = outbox.find(roomId, clientMessageId);
    if (one.isOver || !draft?.files) return;
    const gone = one.uploads.filter(({ upload }) => upload.getSnapshot().status === 'cancelled');
    for (const { id, stop } of gone) {
      stop();
      void files.remove({ userId: draft.userId, clientMessageId, id }).catch(() => {});
    }
    one.uploads = one.uploads.filter((each) => !gone.includes(each));
    if (one.uploads.length === 0 && draft.content === '' && !draft.attachments?.length) {
      return outbox.discard(roomId, clientMessageId);
    }
    const now = one.uploads.map(({ id, upload }): OutgoingFile => {
      const { name, type, size } = upload.file;
      const { attachment, error } = upload.getSnapshot();
      return { id, name, type, size, ...(attachment && { attachment }), ...(error && { error }) };
    });
    if (isSame(now, draft.files)) return;
    const wasFailed = draft.files.some(({ error }) => error);
    const error = now.find((file) => file.error)?.error ?? null;
    const uploads = one.uploads.map(({ upload }) => upload);
    // What the service has refused for another reason stays refused.
    const isOwn = error !== null || wasFailed;
    const outcome = isOwn ? ({ status: error ? 'failed' : 'sending', error } as const) : {};
    outbox.amend(roomId, clientMessageId, { files: now, uploads, ...outcome });
  }

  /** Begins with a message's files, or goes on with them where that may do now. */
  function carry(draft: Outgoing): void {
    const known = carried.get(draft.clientMessageId);
    if (!known) {
      let end = () => {};
      const until = new Promise<void>((resolve) => {
        end = resolve;
      });
      const one: Carried = { uploads: [], isOver: false, end };
      carried.set(draft.clientMessageId, one);
      void begin(draft, one, until).catch(() => {});
      return;
    }
    for (const { upload } of known.uploads) {
      const { error } = upload.getSnapshot();
      if (error && isPassing(error)) upload.retry();
    }
  }

  /** Ends what is under way for a message; what is kept of it stays. */
  function leave({ clientMessageId }: Outgoing): void {
    const one = carried.get(clientMessageId);
    if (!one) return;
    carried.delete(clientMessageId);
    one.isOver = true;
    for (const { upload, stop } of one.uploads) {
      stop();
      if (upload.getSnapshot().status !== 'done') upload.cancel();
    }
    one.end();
  }

  return {
    carry,
    leave,

    /** Tries again what failed of a message, whatever it was; `isAnew`: all its files, as the outbox has them now. */
    retry(draft: Outgoing, isAnew: boolean): void {
      const { roomId, clientMessageId } = draft;
      if (!isAnew) {
        for (const { upload } of carried.get(clientMessageId)?.uploads ?? []) upload.retry();
        return;
      }
      leave(draft);
      const now = outbox.find(roomId, clientMessageId);
      if (now) carry(now);
    },

    /** Nothing is left of a message's files. */
    forget(draft: Outgoing): void {
      const { userId, clientMessageId, files: all = [] } = draft;
      leave(draft);
      for (const { id } of all) void files.remove({ userId, clientMessageId, id }).catch(() => {});
    },
  };
}

export type FileCarrier = ReturnType<typeof createFileCarrier>;

function isSame(one: readonly OutgoingFile[], other: readonly OutgoingFile[]): boolean {
  return (
    one.length === other.length &&
    one.every((file, i) => {
      const { id, attachment, error } = other[i]!;
      return file.id === id && file.attachment?.id === attachment?.id && file.error?.code === error?.code;
    })
  );
}
