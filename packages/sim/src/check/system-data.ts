/** What a SYSTEM message says. */
export interface SystemData {
  readonly event?: string;
  readonly room?: { readonly status: string; readonly reason: string | null; readonly maxParticipants: number };
  readonly participant?: { readonly userId: string; readonly committed?: boolean } | null;
  readonly participantCount?: number;
  readonly committedCount?: number;
}

/** What a message says as SYSTEM; nothing for any other. */
export function systemDataOf({ data }: { readonly data?: unknown }): SystemData {
  return (data ?? {}) as SystemData;
}

/** Whether this message ends that user's membership. */
export function endsMembershipOf(message: { readonly data?: unknown }, userId: string): boolean {
  const { event, participant } = systemDataOf(message);
  return (event === 'participant.left' || event === 'participant.removed') && participant?.userId === userId;
}

/** The user whose purchase this message tells; undefined for any other message. */
export function buyerOf(message: { readonly data?: unknown }): string | undefined {
  const { event, participant } = systemDataOf(message);
  return event === 'participant.committed' ? participant?.userId : undefined;
}
