/** The lines a session writes; fields never hold a token or a text. */
export interface SessionLog {
  authenticated(fields: { connectionId: string; userId: string; protocol: string }): void;
  closed(fields: { connectionId: string; userId: string | null; code: number; reason: string }): void;
  refused(fields: { connectionId: string; userId: string | null; code: string }): void;
  /** Something worth a line that a protocol noticed. */
  note(
    fields: { connectionId: string; userId: string | null },
    note: string,
    more: Readonly<Record<string, string | boolean | null>>,
  ): void;
  failed(fields: { connectionId: string; userId: string | null }, error: unknown): void;
}
