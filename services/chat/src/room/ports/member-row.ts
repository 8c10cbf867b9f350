/** A present member. */
export interface MemberRow {
  readonly userId: string;
  readonly nickname: string;
  readonly tag: string | null;
  readonly host: boolean;
  readonly committed: boolean;
  readonly joinedAt: string;
  readonly joinedSeq: number;
  readonly lastReadSeq: number;
  readonly lastReadChatNo: number;
}
