import type { Change, ChatError } from '@gongu/client';

/** Texts of what is loaded with its first use: what can be done with messages and people. */
export interface ToolStrings {
  /** What is told of the product. `reason`: `FULL`, `DEADLINE`, `SELLER`, `UNDERFILLED`. */
  readonly notices: {
    readonly minimum: (people: number) => string;
    readonly filling: (taken: number, places: number) => string;
    readonly tier: (people: number, price: string) => string;
    readonly hour: (until: string) => string;
    readonly closed: (reason: string, people: number, price: string) => string;
    readonly cancelled: (reason: string) => string;
  };
  readonly showAll: string;
  readonly showLess: string;
  readonly pinnedNotice: string;
  readonly hideNotice: string;
  readonly retry: string;
  readonly reply: string;
  readonly copy: string;
  readonly copied: string;
  readonly notCopied: string;
  readonly edit: string;
  readonly delete: string;
  readonly askDelete: string;
  readonly keep: string;
  readonly ignore: (name: string) => string;
  readonly pin: string;
  readonly pinnedMessages: string;
  readonly morePinned: (count: number) => string;
  readonly unpin: string;
  readonly react: string;
  readonly anotherEmoji: string;
  readonly oneEmoji: string;
  readonly whoReacted: string;
  readonly showMore: string;
  readonly pushRoom: string;
  readonly pushDenied: string;
  readonly pushFailed: string;
  readonly close: string;
  readonly attach: string;
  readonly takePicture: string;
  readonly openPicture: (name: string) => string;
  readonly previousPicture: string;
  readonly nextPicture: string;
  readonly download: string;
  readonly fileGone: string;
  readonly filesToSend: string;
  readonly uploadOf: (name: string) => string;
  readonly checkingFile: string;
  /** Why a file is not taken; `reason`: as of `UPLOAD_REFUSED`. */
  readonly fileRefused: (reason: string | undefined) => string;
  readonly fileLost: string;
  /** He has uploaded as many files as he may in an hour; `left`: how long that lasts yet. */
  readonly filesLater: (left: string) => string;
  /** Of files that wait, and are lost with the page. */
  readonly stayHere: string;
  readonly removeFile: (name: string) => string;
  readonly tooManyFiles: (most: number) => string;
  readonly search: string;
  readonly searchEverywhere: string;
  readonly searchHint: string;
  readonly found: (count: number, isMore: boolean) => string;
  readonly notFound: string;
  /** The room can be entered from then on, and is, without anybody's doing. `time` is in words of `locale`. */
  readonly entersAt: (time: string) => string;
  readonly left: string;
  readonly removed: string;
  /** One had to make room for who bought. */
  readonly gaveWay: string;
  /** Fewer may talk in the room than before. */
  readonly capLowered: string;
  /** The room goes on among buyers, and one is none. */
  readonly notABuyer: string;
  /** One only looked, and the room is closed or cancelled. */
  readonly ended: string;
  readonly lookOn: string;
  readonly roomRemoved: string;
  readonly banned: string;
  /** One may not write; `left`: how long yet, null: until it is taken away. */
  readonly muted: (left: string | null) => string;
  readonly slowMode: (seconds: number) => string;
  readonly slowWait: (left: string) => string;
  /** A span of time in words. */
  readonly span: (ms: number) => string;
  readonly hostPanel: string;
  readonly slowModeLabel: string;
  readonly none: string;
  readonly mute: (name: string) => string;
  readonly ban: (name: string) => string;
  readonly remove: (name: string) => string;
  readonly askBan: (name: string) => string;
  readonly askRemove: (name: string) => string;
  readonly muteFor: string;
  readonly untilLifted: string;
  readonly personActions: (name: string) => string;
  readonly restricted: string;
  readonly nobodyRestricted: string;
  readonly isMuted: string;
  readonly isBanned: string;
  readonly until: (time: string) => string;
  readonly lift: (name: string) => string;
  readonly done: string;
  readonly cancel: string;
  readonly sendNotice: string;
  readonly report: string;
  readonly reportTitle: string;
  readonly reportNote: string;
  readonly reportReasons: Readonly<Record<'SPAM' | 'ABUSE' | 'FRAUD' | 'OTHER', string>>;
  readonly sendReport: string;
  readonly reported: string;
  /** What was asked waits for a connection. */
  readonly sentLater: string;
  readonly mention: string;
  readonly mentionsFound: (count: number) => string;
  readonly participants: string;
  readonly participantsOf: (count: number, most: number) => string;
  readonly online: (count: number) => string;
  readonly watchers: (count: number) => string;
  readonly isOnline: string;
  readonly buyer: string;
  readonly guest: string;
  readonly stopIgnoring: (name: string) => string;
  readonly muteRoom: string;
  readonly leave: string;
  /** Of what was refused, by its kind; then the own text, and what can be done. */
  readonly notChanged: Readonly<Record<Change['kind'], string>>;
  /** What CONFLICT means for it. */
  readonly conflicts: Readonly<Partial<Record<Change['kind'], string>>>;
  readonly yourText: string;
  readonly editAgain: string;
  readonly leaveIt: string;
  readonly toMention: (count: number) => string;
  /** By code; `message` is for developers, so it is not shown. */
  readonly error: (error: ChatError) => string;
}
