import { type AdminCommand, columns, operandName } from './command.ts';

type Head = Omit<AdminCommand<never>, 'run'>;

/** All commands, a line each; `services` by their names, with theirs. */
export function usageOfAll(services: readonly { readonly name: string; readonly commands: readonly Head[] }[]): string {
  const lines = new Map<string, [string, string]>();
  for (const { name, commands } of services) {
    for (const command of commands) {
      const where = command.isOfAll || services.length === 1 ? '' : ` (${name})`;
      lines.set(command.words, [`  ${lineOf(command)}`, `${command.does}${where}`]);
    }
  }
  const rows = [...lines.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line);
  return `pnpm admin COMMAND …

${columns(rows, '')}

  --json   the answer as one line of JSON
  --help   after a command: its options

Exit codes: 0 done; 1 not done, and why is on standard error; 2 there is no such command or option, or a bad value;
3 done in part, or in one service and not in the other: what is left, and why, is on standard error.
`;
}

/** One command with its options. */
export function usageOf(command: Head): string {
  const options = command.options.map(({ flag, field, isSwitch, does }) => [
    `  ${flag}${isSwitch ? '' : ` ${operandName(field)}`}`,
    does,
  ]);
  return `pnpm admin ${lineOf(command)}

${command.does}

${columns([...options, ['  --json', 'the answer as one line of JSON']], '')}
`;
}

function lineOf({ words, operands, options }: Head): string {
  return [words, ...operands.map(operandName), ...(options.length > 0 ? ['[…]'] : [])].join(' ');
}
