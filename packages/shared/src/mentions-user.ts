import type { Message } from './message.ts';

/** Whether a message mentions a user, or all. Rows of the service mention nobody. */
export function mentionsUser(message: Message, userId: string): boolean {
  if (message.kind === 'SYSTEM') return false;
  return message.mentionsAll === true || (message.mentions?.includes(userId) ?? false);
}
