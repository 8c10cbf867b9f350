// Over 300 lines: one queue, and all that can become of what is in it.
import type { Message } from '@gongu/shared';
import { type ChatError, chatError, failure, isPassing, type Result, success } from '../chat-error.ts';
import type { Clock } from '../clock.ts';
import { backoffMs } from '../connection/backoff.ts';
import type { Link } from '../connection/link.ts';
import type { FileCarrier } from '../files/file-carrier.ts';
import type { Rest } from '../rest.ts';
import { frameOf, orderRequest } from './asking.ts';
import { checkDraft } from './check-draft.ts';
import type { OutboxStorage } from './outbox-storage.ts';
import {
  type Change,
  type Draft,
  isWaiting,
  type Mentioned,
  type Outgoing,
  type OutgoingChange,
  storedDraft,
} from './outgoing.ts';

export interface OutboxOptions {
  readonly storage: OutboxStorage;
  readonly clock: Clock;
  readonly random: () => number;
  /** A fresh id of at most 64 characters. */
  readonly newId: () => string;
  readonly link: () => Link | null;
  /** Asks what no frame asks; never rejects. */
  readonly request: Rest['request'];
  /** The server's time, epoch milliseconds. */
  readonly serverNow: () => number;
  /** Longest text, code points. */
  readonly contentChars: () => number;
  /** Brings files to the service; its code is loaded with its first use. */
  readonly carrier: () => Promise<FileCarrier>;
  /** Bytes of files that may wait, all rooms together. */
  readonly filesBytes: number;
  /** The room takes nothing of this user's for so many milliseconds. */
  readonly onSlowMode: (roomId: string, ms: number) => void;
  /** Whether the room shows already what was stored; true for a room that nobody listens to. */
  readonly isShown: (stored: Outgoing) => boolean;
  /** A reaction of one's own was stored. */
  readonly onReacted: (roomId: string, change: Change) => void;
  /** A room's drafts are others than before. */
  readonly onChange: (roomId: string) => void;
}

/** Milliseconds after which a draft is not sent by itself any more, of an earlier visit or as the machine slept: it would surprise. One day. */
const OUTDATED_MS = 86_400_000;
/** Tries after which an error that should pass is shown. */
const TRIES_MAX = 8;
/** Milliseconds of a wait after which a message that is refused for so long is shown as failed. */
const LONG_MS = 10_000;
/** What is on its way in one room: all of it in the order in which it was written, and apart what is shown apart. */
interface Queue {
  readonly all: readonly Outgoing[];
  readonly outgoing: readonly Outgoing[];
  readonly changing: readonly OutgoingChange[];
}

/** What a message says. */
type Said = Pick<Draft, 'content'> & Mentioned;

const EMPTY: Queue = { all: [], outgoing: [], changing: [] };

/**
 * Messages and changes on their way. Of one room only one is asked at a time, so that they are stored in the order in which
 * they were written, whatever is refused or lost; a draft leaves when its message or change has come, and is asked again until
 * then.
 */
export function createOutbox(options: OutboxOptions) {
  const { storage, clock, random, newId, onChange } = options;
  const byRoom = new Map<string, Queue>();
  /** Rooms with a draft under way, or waiting for the time of its next try. */
  const busy = new Map<string, { readonly id: string; readonly cancel: () => void }>();
  const tries = new Map<string, number>();
  let owner: string | null = null;
  let lastAtMs = 0;

  const queue = (roomId: string): Queue => byRoom.get(roomId) ?? EMPTY;
  const of = (roomId: string): readonly Outgoing[] => queue(roomId).all;

  function find(roomId: string, id: string): Outgoing | undefined {
    return of(roomId).find(({ clientMessageId }) => clientMessageId === id);
  }

  function set(roomId: string, drafts: readonly Outgoing[]): void {
    if (drafts.length === 0) byRoom.delete(roomId);
    else {
      const { outgoing, changing } = queue(roomId);
      byRoom.set(roomId, {
        all: drafts,
        outgoing: unlessSame(
          outgoing,
          drafts.filter(({ change }) => !change),
        ),
        changing: unlessSame(changing, drafts.filter(isChange)),
      });
    }
    onChange(roomId);
  }

  function update(roomId: string, id: string, part: Partial<Outgoing>): void {
    const drafts = of(roomId).map((draft) => (draft.clientMessageId === id ? { ...draft, ...part } : draft));
    set(roomId, drafts);
  }

  function drop(roomId: string, id: string): void {
    const draft = find(roomId, id);
    if (!draft) return;
    tries.delete(id);
    // What was stored has left the storage already.
    if (draft.status !== 'sent') forget(draft);
    set(
      roomId,
      of(roomId).filter((other) => other !== draft),
    );
    // Others may have waited for its files.
    pump(roomId);
  }

  function keep(draft: Outgoing): void {
    // A draft that can't be kept is still sent.
    storage.put(storedDraft(draft)).catch(() => {});
  }

  function forget(draft: Outgoing): void {
    storage.remove(draft.userId, draft.clientMessageId).catch(() => {});
    if (draft.files) carry((carrier) => carrier.forget(draft));
  }

  /** Without its code, nothing: it is asked for again with the next connection. */
  function carry(what: (carrier: FileCarrier) => void): void {
    options.carrier().then(what, () => {});
  }

  function carryFiles(draft: Outgoing): void {
    if (isWaiting(draft) && draft.error?.code !== 'OUTDATED') carry((carrier) => carrier.carry(draft));
  }

  /** Asks the room's oldest draft that is not settled. */
  function pump(roomId: string): void {
    const link = options.link();
    if (!link || busy.has(roomId)) return;
    let holdsFiles = false;
    const draft = of(roomId).find((each) => {
      if (each.status !== 'sending' && each.status !== 'not-confirmed') return false;
      // What waits for its files holds up none but those with files.
      const waits = isWaiting(each);
      holdsFiles ||= waits;
      return !waits && !(holdsFiles && each.files);
    });
    if (!draft) return;
    const { clientMessageId, content, change } = draft;
    const turn = { id: clientMessageId, cancel() {} };
    busy.set(roomId, turn);
    const done = (
      answer: Result<{ readonly seq?: number; readonly version?: number; readonly duplicate?: boolean }>,
    ) => {
      busy.delete(roomId);
      if (!answer.ok) return refused(draft, answer.error);
      const { seq, version, duplicate } = answer.value;
      // What an earlier try has stored is not known.
      stored(roomId, clientMessageId, seq ?? version ?? null, duplicate === false ? draft : undefined);
      pump(roomId);
    };
    const order = change && orderRequest(roomId, change, content, options.serverNow());
    if (order) {
      void options.request(...order).then((answer) => {
        // Else the connection has ended meanwhile, and it is asked again.
        if (busy.get(roomId) !== turn) return;
        if (answer.ok) return done(success({}));
        const { error } = answer;
        // There is a connection all the same: it is tried again, and does not wait for another one.
        done({ ok: false, error: error.code === 'CONNECTION_LOST' ? { ...error, code: 'TIMED_OUT' } : error });
      });
      return;
    }
    link.ask(frameOf(draft), done);
  }

  /**
   * It is stored, as number `seq` where it has one; it leaves when that takes effect here. Where another text was stored than
   * it has now, or may have been, the message is edited in its turn. `as`: what was stored, where that is known.
   */
  function stored(
    roomId: string,
    clientMessageId: string,
    seq: number | null,
    as?: Said & { readonly deletedAt?: string },
  ): void {
    const draft = find(roomId, clientMessageId);
    if (!draft || draft.status === 'sent') return;
    tries.delete(clientMessageId);
    if (draft.isReworded && !as?.deletedAt && (!as || saidIn(as) !== saidIn(draft))) {
      const change: Change = { kind: 'edit', seq: seq!, ifVersion: seq! };
      const edit: Outgoing = {
        ...{ ...draft, clientMessageId: newId(), isReworded: undefined, files: undefined, uploads: undefined },
        ...{ status: 'sending', error: null, change },
      };
      // Before the message is forgotten: one of them is there whenever the page ends.
      keep(edit);
      set(
        roomId,
        of(roomId).flatMap((each) => (each === draft ? [draft, edit] : each)),
      );
    }
    forget(draft);
    update(roomId, clientMessageId, { status: 'sent', seq });
    if (draft.change?.kind === 'edit') rebase(roomId, draft.change, seq);
    if (draft.change?.kind === 'react') options.onReacted(roomId, draft.change);
    settle(find(roomId, clientMessageId)!);
    // Another tab may have sent what failed here.
    if (draft.isReworded) pump(roomId);
  }

  /** What was written upon an edit before that was stored is an edit of what it has made. */
  function rebase(roomId: string, { seq, ifVersion }: Change, version: number | null): void {
    for (const draft of queue(roomId).changing) {
      const { change, status, clientMessageId } = draft;
      if (status === 'sent' || change.seq !== seq || change.kind !== 'edit' || change.ifVersion !== ifVersion) continue;
      const next = { ...draft, change: { ...change, ifVersion: version ?? undefined } };
      keep(next);
      update(roomId, clientMessageId, next);
    }
  }

  function settle(draft: Outgoing): void {
    if (draft.status === 'sent' && options.isShown(draft)) drop(draft.roomId, draft.clientMessageId);
  }

  /**
   * What waits for the same gives way: a deletion ends what was not asked yet, but for a report; else one takes the place of
   * one of its kind, of a reaction by the same emoji, of a restriction of the same person.
   * The answer is what the new one is to say: null, there is nothing to be said; a version, it is an edit of that.
   */
  function makeWay(roomId: string, change: Change): Result<string> | Change {
    let { ifVersion } = change;
    for (const { clientMessageId, status, change: other, seq } of queue(roomId).changing) {
      if (other.seq !== change.seq) continue;
      if (other.kind === 'delete' && status !== 'failed') {
        return change.kind === 'delete' ? success(clientMessageId) : failure('MESSAGE_DELETED', 'It is being deleted');
      }
      if (change.kind === 'delete' ? other.kind === 'report' : matterOf(other) !== matterOf(change)) continue;
      if (status === 'failed') drop(roomId, clientMessageId);
      else if (status === 'sent') ifVersion = Math.max(ifVersion ?? 0, seq ?? 0) || undefined;
      else {
        ifVersion = other.ifVersion;
        // One that was asked may be stored.
        if (status === 'sending' && busy.get(roomId)?.id !== clientMessageId) drop(roomId, clientMessageId);
      }
    }
    return { ...change, ...(change.kind === 'edit' ? { ifVersion } : {}) };
  }

  function refused(asked: Outgoing, error: ChatError): void {
    const { roomId, clientMessageId } = asked;
    const draft = find(roomId, clientMessageId);
    // Given up meanwhile, or its message has come; or it was refused for what it says no more.
    if (!draft || draft.status === 'sent' || (!isPassing(error) && saidIn(draft) !== saidIn(asked)))
      return pump(roomId);
    const tried = (tries.get(clientMessageId) ?? 0) + 1;
    if (error.code === 'SLOW_MODE') options.onSlowMode(roomId, error.retryAfterMs ?? 0);
    if (error.code === 'CONNECTION_LOST') {
      // It may be stored or not; the next connection asks.
      return update(roomId, clientMessageId, { status: 'not-confirmed' });
    }
    const unsure = error.code === 'UNKNOWN_OUTCOME';
    // Who was sent away waits for minutes: better told than hidden.
    const isLong = error.code === 'RATE_LIMITED' && (error.retryAfterMs ?? 0) > LONG_MS && draft.status === 'sending';
    // One that may be stored is not shown as failed for an error that passes.
    if (!isPassing(error) || isLong || (tried >= TRIES_MAX && !unsure && draft.status !== 'not-confirmed')) {
      fail(draft, error);
      return pump(roomId);
    }
    // A full bucket empties at its own pace: asking again at the time that was named is no failure.
    if (error.code !== 'RATE_LIMITED') tries.set(clientMessageId, tried);
    if (unsure || error.code === 'TIMED_OUT') update(roomId, clientMessageId, { status: 'not-confirmed' });
    const delayMs = Math.max(error.retryAfterMs ?? 0, backoffMs(tried, { baseMs: 200, capMs: 10_000, random }));
    const cancel = clock.after(delayMs, () => {
      busy.delete(roomId);
      pump(roomId);
    });
    busy.set(roomId, { id: draft.clientMessageId, cancel });
  }

  function fail(draft: Outgoing, error: ChatError): void {
    tries.delete(draft.clientMessageId);
    keep({ ...draft, error });
    update(draft.roomId, draft.clientMessageId, { status: 'failed', error });
  }

  function pumpAll(): void {
    for (const roomId of [...byRoom.keys()]) {
      for (const draft of of(roomId)) {
        if (draft.error || draft.status === 'sent' || clock.now() - draft.queuedAtMs < OUTDATED_MS) carryFiles(draft);
        else fail(draft, chatError('OUTDATED', 'Waited too long'));
      }
      pump(roomId);
    }
  }

  function amend(roomId: string, id: string, part: Partial<Outgoing>): void {
    const draft = find(roomId, id);
    if (!draft || draft.status === 'sent') return;
    keep({ ...draft, ...part });
    update(roomId, id, part);
    pump(roomId);
  }

  /** Queues a message, or a change of one. `value` is its `clientMessageId`. */
  function add(roomId: string, draft: Draft, change?: Change): Result<string> {
    if (owner === null) return failure('UNAUTHENTICATED', 'Nobody is signed in yet');
    const error = change && change.kind !== 'edit' ? null : checkDraft(draft, options.contentChars());
    if (error) return { ok: false, error };
    const way = change && makeWay(roomId, change);
    if (way && 'ok' in way) return way;
    const { uploads } = draft;
    const files = uploads?.length
      ? uploads.map(({ file: { name, type, size } }) => ({ id: newId(), name, type, size }))
      : undefined;
    if (files) {
      const waiting = [...byRoom.values()].flatMap(({ all }) => all.flatMap((each) => each.files ?? []));
      const bytes = [...waiting, ...files].reduce((sum, { size }) => sum + size, 0);
      if (bytes > options.filesBytes) return failure('STORAGE_FULL', `At most ${options.filesBytes} bytes may wait`);
    }
    lastAtMs = Math.max(lastAtMs + 1, clock.now());
    const { content, kind, replyTo, mentions, mentionsAll, attachments } = draft;
    const added: Outgoing = {
      clientMessageId: newId(),
      userId: owner,
      roomId,
      content,
      kind,
      replyTo,
      mentions,
      mentionsAll,
      attachments,
      files,
      uploads,
      queuedAtMs: lastAtMs,
      error: null,
      status: 'sending',
      seq: null,
      change: way,
    };
    keep(added);
    set(roomId, [...of(roomId), added]);
    carryFiles(added);
    pump(roomId);
    return success(added.clientMessageId);
  }

  /** Asks a failed one again. */
  function retry(roomId: string, clientMessageId: string): void {
    const draft = find(roomId, clientMessageId);
    if (draft?.status !== 'failed') return;
    const { files, error } = draft;
    // It was too long ago for the service to have its files, or they are not there.
    const isAnew = error?.code === 'OUTDATED' || !!error?.errors.some(({ path }) => path === 'attachments');
    const fresh = files?.map(({ attachment: _, error: __, ...file }) => file);
    const again = isAnew ? { files: fresh, uploads: undefined } : {};
    amend(roomId, clientMessageId, { status: 'sending', error: null, queuedAtMs: clock.now(), ...again });
    if (files) carry((carrier) => carrier.retry(draft, isAnew));
  }

  return {
    /** A room's drafts in the order in which they were written; the same arrays until one of them changes. */
    of: (roomId: string): Omit<Queue, 'all'> => queue(roomId),

    /** The user is known: his drafts of earlier visits come back. Another user's leave the memory, and stay stored. */
    async own(userId: string): Promise<void> {
      if (owner === userId) return;
      owner = userId;
      for (const roomId of [...byRoom.keys()]) {
        for (const draft of of(roomId)) {
          if (draft.userId !== userId && draft.files) carry((carrier) => carrier.leave(draft));
        }
        set(
          roomId,
          of(roomId).filter((draft) => draft.userId === userId),
        );
      }
      const drafts = await storage.load(userId).catch(() => []);
      if (owner !== userId) return;
      for (const draft of drafts) {
        const { roomId, clientMessageId, queuedAtMs } = draft;
        // What is written from now on comes after it, also where this machine's clock was put back.
        lastAtMs = Math.max(lastAtMs, queuedAtMs);
        if (find(roomId, clientMessageId)) continue;
        const back: Outgoing = { ...draft, status: draft.error ? 'failed' : 'not-confirmed', seq: null };
        set(
          roomId,
          [...of(roomId), back].sort((a, b) => a.queuedAtMs - b.queuedAtMs),
        );
      }
      pumpAll();
    },

    add,
    retry,

    /**
     * Gives a message on its way another text, or has it edited where it is stored already; a failed one is asked again.
     * `value` as of `add`.
     */
    reword(roomId: string, clientMessageId: string, said: Said): Result<string> {
      const draft = find(roomId, clientMessageId);
      if (!draft || draft.change) return failure('NOT_FOUND', 'No such message is on its way');
      const { seq, status, files } = draft;
      if (seq) {
        const attachments = draft.attachments ?? files?.map(({ attachment }) => attachment!);
        // Whichever version it has: an edit of before may be done, and its row on its way.
        const asked = add(roomId, { ...said, attachments }, { kind: 'edit', seq });
        if (asked.ok) update(roomId, clientMessageId, said);
        return asked;
      }
      const error = checkDraft({ ...draft, ...said }, options.contentChars());
      if (error) return { ok: false, error };
      amend(roomId, clientMessageId, { ...said, isReworded: true });
      if (status === 'failed') retry(roomId, clientMessageId);
      return success(clientMessageId);
    },

    amend,
    find,

    /** Gives one up. What is under way may still be stored. */
    discard: drop,

    /** A message has come; perhaps it is the answer. */
    arrived(message: Message): void {
      const { roomId, sender, clientMessageId, seq } = message;
      if (sender?.userId === owner && clientMessageId !== null) stored(roomId, clientMessageId, seq, message);
    },

    /** A room shows more than it did; `all`: all that was stored before. */
    settled(roomId: string, all = false): void {
      for (const draft of of(roomId)) {
        if (all && draft.status === 'sent') drop(roomId, draft.clientMessageId);
        else settle(draft);
      }
    },

    /** There is a link: everything that waits goes on. */
    ready(): void {
      for (const { cancel } of busy.values()) cancel();
      busy.clear();
      pumpAll();
    },

    /** Nothing is tried any more until `ready`. */
    stop(): void {
      for (const { cancel } of busy.values()) cancel();
      busy.clear();
    },
  };
}

export type Outbox = ReturnType<typeof createOutbox>;

/** What two changes of the same message, room or person may both be about. */
function matterOf({ kind, emoji, userId }: Change): string {
  return `${kind === 'delete' ? 'edit' : kind} ${emoji} ${userId}`;
}

function saidIn({ content, mentions = [], mentionsAll = false }: Said): string {
  return JSON.stringify([content, mentions, mentionsAll]);
}

function isChange(draft: Outgoing): draft is OutgoingChange {
  return draft.change !== undefined;
}

/** `before`, where `now` holds the same. */
function unlessSame<T>(before: readonly T[], now: readonly T[]): readonly T[] {
  return before.length === now.length && before.every((one, i) => one === now[i]) ? before : now;
}
