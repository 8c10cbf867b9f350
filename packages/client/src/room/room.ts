import { failure, type Result } from '../chat-error.ts';
import type { Change, Draft, Mentioned, ReportReason, Restricting } from '../outbox/outgoing.ts';
import type { RoomFeed } from './room-feed.ts';
import { idleRoom, type RoomSnapshot } from './room-snapshot.ts';

/** A room to talk in. Getting one does nothing; listening is being there. */
export interface Room {
  readonly roomId: string;
  /**
   * Listens. The first listener connects and joins the room, which takes a place in it, or looks at it where the room was
   * asked for so; a few seconds after the last one has gone, the room is unsubscribed from (the membership stays). The answer
   * ends this listener's share.
   */
  subscribe(listener: () => void): () => void;
  /** The same object until something in it changes. */
  getSnapshot(): RoomSnapshot;
  /**
   * Shows a message at once and sends it as soon as that can be. `value`: its `clientMessageId`. `SLOW_MODE`: not before
   * `slowUntilMs`, and nothing was queued. With `uploads` it waits for these, and what is written after it does not;
   * `STORAGE_FULL`: more bytes would wait than may, and nothing was queued.
   */
  send(draft: Draft): Result<string>;
  /** Sends a failed message, or asks a failed change, again. */
  retry(clientMessageId: string): void;
  /** Gives up a message that has not been sent, or a change. */
  discard(clientMessageId: string): void;
  /**
   * Gives an own message another text: shown at once, and asked as soon as that can be, in order with what is sent. `value`: an
   * id for `retry` and `discard`. Refused, it is undone, and stands among `changing` as `failed`. Errors as in
   * docs/protocol.md: `EDIT_WINDOW_PASSED`, `PRECONDITION_FAILED`, `MESSAGE_DELETED` and others.
   *
   * One that is not among `messages` yet is given the text where it waits, keeps its place and stays one: `value` is its own id
   * then, and one that had failed is sent again. If a try has stored the text of before, it is edited as soon as that is known.
   * `NOT_FOUND`: neither is here.
   *
   * @param which its `seq`; or of an own one its `clientMessageId`, from when it was written on
   * @param version of the message that was edited; default: the one that is here. Where it has another one by then, it is refused
   * @param mentioned whom it mentions then; what is absent stays as it was
   */
  edit(which: number | string, content: string, version?: number, mentioned?: Mentioned): Result<string>;
  /** Leaves a message without its text, for ever: an own one, and any for the host. Shown and asked as an edit is. */
  delete(seq: number): Result<string>;
  /**
   * Reacts to a message by exactly one emoji, or takes that back. Shown and asked as an edit is. Refused, it is undone, and
   * stands among `changing` as `failed` until it is discarded; `CONFLICT`: the message has twelve kinds already.
   */
  react(seq: number, emoji: string, on: boolean): Result<string>;
  /**
   * Pins a message above the room, or takes it away; for the host. Shown and asked as a reaction is. `CONFLICT`: five are
   * pinned, and one must go first.
   */
  pin(seq: number, on: boolean): Result<string>;
  /** Reports somebody else's message to those who run the chat. Asked as a reaction is. */
  report(seq: number, report: { readonly reason: ReportReason; readonly note?: string }): Result<string>;
  /**
   * Mutes or bans somebody, in place of what was; null: lifts that. For the host and admins, as the following ones; shown and
   * asked as a reaction is. `CONFLICT`: who bought is not banned.
   */
  restrict(userId: string, restriction: Restricting | null): Result<string>;
  /** Sends somebody away, who may enter again after a pause. */
  remove(userId: string): Result<string>;
  /** Seconds from one message of a member to his next, 0 to 3 600; 0: none. */
  setSlowMode(seconds: number): Result<string>;
  /**
   * Asks for a message that is not among `messages`, because another one answers it: it comes into `quoted`. Once is enough.
   * One that the room no longer keeps (`firstSeq`) comes as a deleted one, without a sender.
   */
  lookUp(seq: number): void;
  /** Everything up to `seq` has been seen; told to the server once a second. */
  read(seq: number): void;
  /** Call with true on every key, with false when the field is left empty. */
  typing(typing: boolean): void;
  /** Loads the page before the first message. `value`: how many came. */
  loadOlder(): Promise<Result<number>>;
  /** After `jumpTo`: loads the page after the last message. */
  loadNewer(): Promise<Result<number>>;
  /** Shows the messages around `seq`; null: the newest. */
  jumpTo(seq: number | null): Promise<Result<number>>;
  /** Loads all participants, of a room that has more than a hundred. */
  loadParticipants(): Promise<Result<number>>;
  /** Asks again after `refused` or `gone`. */
  rejoin(): void;
  /** Ends the own membership: without a connection with the next one, as long as somebody listens. */
  leave(): Promise<Result<void>>;
}

export interface RoomOptions {
  /** The room's feed while somebody listens. */
  readonly feed: (roomId: string) => RoomFeed | undefined;
  /** Adds a listener's share; the answer takes it away. */
  readonly hold: (roomId: string, watch: boolean) => () => void;
  /** Looks at the room, and joins it only by what is sent. */
  readonly watch: boolean;
  readonly outbox: RoomOutbox;
}

interface RoomOutbox {
  add(roomId: string, draft: Draft, change?: Change): Result<string>;
  retry(roomId: string, clientMessageId: string): void;
  discard(roomId: string, clientMessageId: string): void;
}

/** A room's outside; any number of them share one feed. */
export function createRoom(roomId: string, { feed, hold, watch, outbox }: RoomOptions): Room {
  const idle = idleRoom(roomId);
  const closed = failure('NOT_OPEN', 'Nobody listens to this room: subscribe first');
  const later = Promise.resolve(closed);
  const open = () => feed(roomId);
  const change = (what: Change, note?: string) => open()?.change(what, note) ?? closed;
  return {
    roomId,
    subscribe(listener) {
      const release = hold(roomId, watch);
      const stop = open()!.store.subscribe(listener);
      return () => {
        stop();
        release();
      };
    },
    getSnapshot: () => open()?.store.get() ?? idle,
    send(draft) {
      const present = open();
      if (!present) return closed;
      const may = present.mayDraft(draft);
      if (!may.ok) return may;
      const queued = outbox.add(roomId, draft);
      if (queued.ok) present.typing.sent();
      return queued;
    },
    retry: (id) => outbox.retry(roomId, id),
    discard: (id) => outbox.discard(roomId, id),
    edit: (which, content, version, mentioned) => open()?.edit(which, content, version, mentioned) ?? closed,
    delete: (seq) => change({ kind: 'delete', seq }),
    react: (seq, emoji, on) => change({ kind: 'react', seq, emoji, on }),
    pin: (seq, on) => change({ kind: 'pin', seq, on }),
    report: (seq, { reason, note }) => change({ kind: 'report', seq, reason }, note),
    restrict: (userId, restriction) => change({ kind: 'restrict', seq: 0, userId, restriction }),
    remove: (userId) => change({ kind: 'remove', seq: 0, userId }),
    setSlowMode: (seconds) => change({ kind: 'slow', seq: 0, seconds }),
    lookUp: (seq) => void open()?.lookUp(seq),
    read: (seq) => open()?.read(seq),
    typing: (typing) => open()?.typing.set(typing),
    loadOlder: () => open()?.history.loadOlder() ?? later,
    loadNewer: () => open()?.history.loadNewer() ?? later,
    jumpTo: (seq) => open()?.history.jumpTo(seq) ?? later,
    loadParticipants: () => open()?.history.loadParticipants() ?? later,
    rejoin: () => open()?.rejoin(),
    leave: () => open()?.leave() ?? later,
  };
}
