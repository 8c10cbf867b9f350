import type { User } from '@gongu/shared';
import type { Client } from './client.ts';
import type { Commands } from './commands/commands.ts';
import { type Entry, refOf, type UserCommand } from './commands/entry.ts';

/**
 * Begins a command when its lane says so; never throws. `confirm`: a command without an answer of its own is answered by
 * `ok`.
 */
export function beginCommand(
  commands: Commands,
  client: Client,
  user: User,
  command: UserCommand,
  confirm: boolean,
): void {
  const entry: Entry<UserCommand> = commands[command.type];
  try {
    client.rooms.run(entry.lane, roomOf(command), () => run(entry, client, user, command, confirm));
  } catch (error) {
    client.refuse(error, command);
  }
}

async function run(
  entry: Entry<UserCommand>,
  client: Client,
  user: User,
  command: UserCommand,
  confirm: boolean,
): Promise<void> {
  if (client.over) return;
  try {
    if (entry.lane === 'last') await client.rooms.sent(roomOf(command));
    await entry.run(client, user, command);
    if (confirm && entry.silent) client.emit({ type: 'ok', ...refOf(command) });
  } catch (error) {
    client.refuse(error, command);
  }
}

function roomOf(command: UserCommand): string {
  return 'roomId' in command ? command.roomId : '';
}
