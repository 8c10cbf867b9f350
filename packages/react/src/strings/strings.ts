import type { SystemEvent } from '@gongu/client';

/** How each of the system's events is said that has a line; `name` is the participant's whom it concerns, where it concerns one. */
export type SystemStrings = {
  readonly [E in Exclude<SystemEvent['event'], 'message.changed' | 'messages.erased'>]: (
    name: string,
    data: Extract<SystemEvent, { event: E }>,
  ) => string;
};

type Several = 'participant.joined' | 'participant.left' | 'participant.removed';

/** How it is said that several people came, went or were removed, one after the other. */
export type SeveralStrings = {
  readonly [E in Several]: (name: string, others: number, data: Extract<SystemEvent, { event: E }>) => string;
};

/** Texts of what is loaded with a room. `english` and `korean` are complete; take one and change what you like. */
export interface ChatStrings {
  /** BCP 47, for dates, times and numbers. */
  readonly locale: string;
  readonly messages: string;
  readonly showSearch: string;
  readonly showParticipants: string;
  readonly host: string;
  readonly you: string;
  readonly notice: string;
  readonly beginning: string;
  readonly loading: string;
  readonly unreadBelow: string;
  readonly newMessages: (count: number) => string;
  /** After an `@`: all are mentioned. */
  readonly everyone: string;
  readonly toNewest: string;
  readonly typing: (names: readonly string[]) => string;
  readonly write: string;
  readonly writeNotice: string;
  readonly send: string;
  readonly asNotice: string;
  /** Beside a message that was edited, and in place of one that was deleted. */
  readonly edited: string;
  readonly deleted: string;
  /** Who has no name any more, since he was erased. */
  readonly erasedUser: string;
  /** In the place of a text that was altered where it is stored. */
  readonly unreadable: string;
  readonly replyTo: (name: string) => string;
  readonly cancelReply: string;
  readonly actionsOf: (name: string) => string;
  readonly actionsOfNotice: string;
  readonly reactions: string;
  /** A part of the page, or of a list, did not come. */
  readonly notLoaded: string;
  readonly editMessage: string;
  readonly cancelEdit: string;
  readonly save: string;
  readonly saving: string;
  readonly tryAgain: string;
  /** In place of what somebody has said who is ignored. */
  readonly ignored: string;
  readonly charactersLeft: (count: number) => string;
  readonly readBy: (count: number) => string;
  readonly sending: string;
  readonly notConfirmed: string;
  readonly failed: string;
  readonly discard: string;
  readonly connecting: string;
  readonly offline: string;
  readonly reconnect: string;
  readonly enterAgain: string;
  /** Of a room in which one is no participant. */
  readonly looking: string;
  readonly readOnly: string;
  readonly status: Readonly<Record<'ACTIVE' | 'CLOSED' | 'CANCELLED', string>>;
  /** Several SYSTEM messages of one kind as one line: `others` have done it besides who is named. */
  readonly several: SeveralStrings;
  /** A SYSTEM message. */
  readonly system: SystemStrings;
}
