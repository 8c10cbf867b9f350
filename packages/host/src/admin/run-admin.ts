import { parseArgs } from 'node:util';
import { runMain } from '../process/main-run.ts';
import { StartError } from '../process/start-error.ts';
import { type AdminAnswer, type AdminCommand, AdminUsageError, operandName, visible } from './command.ts';
import type { AdminService } from './service.ts';
import { usageOf, usageOfAll } from './usage.ts';

/**
 * `pnpm admin`: finds the command among those of the services, runs it and prints the answer. A command of all is run in
 * each that is here. Ends the process with 1 or 2, or sets 3 as its exit code: see the usage.
 */
export function runAdmin(
  services: readonly AdminService[],
  { argv = process.argv.slice(2), env = process.env }: { argv?: readonly string[]; env?: NodeJS.ProcessEnv } = {},
): Promise<void> {
  return runMain('admin', async () => {
    try {
      await run(
        services,
        argv.filter((word, at) => word !== '--' || at > 0),
        env,
      );
    } catch (error) {
      if (!(error instanceof AdminUsageError)) throw error;
      process.stderr.write(`admin: ${error.message}\n`);
      process.exitCode = 2;
    }
  });
}

async function run(services: readonly AdminService[], argv: readonly string[], env: NodeJS.ProcessEnv) {
  const { words, rest } = split(services, argv);
  if (words === null) return void process.stdout.write(usageOfAll(services));
  const having = services.flatMap((service) => {
    const command = service.commands.find((one) => one.words === words);
    return command ? [{ service, command }] : [];
  });
  having.sort((a, b) => (a.command.turn ?? 0) - (b.command.turn ?? 0));
  const { command } = having[0]!;
  const values = valuesOf(command, rest);
  if (values.help) return void process.stdout.write(usageOf(command));
  const { json, ...given } = values;

  const answers: Record<string, AdminAnswer> = {};
  const notDone: Record<string, string> = {};
  for (const { service } of having) {
    const outcome = await service.run(words, given, env);
    if (outcome.kind === 'misused') throw new AdminUsageError(outcome.why);
    if (outcome.kind === 'done') answers[service.name] = outcome.answer;
    else {
      notDone[service.name] = outcome.why;
      if (command.turn !== null) break;
    }
  }
  const done = Object.entries(answers);
  if (done.length === 0) throw new StartError(textOf(notDone));
  if (json) {
    const whole = command.isOfAll
      ? {
          ...Object.fromEntries(done.map(([name, answer]) => [name, answer.json])),
          ...(isEmpty(notDone) ? {} : { notDone }),
        }
      : done[0]![1].json;
    process.stdout.write(`${JSON.stringify(whole)}\n`);
  } else {
    const named = ([name, { text }]: [string, AdminAnswer]) => (command.isOfAll ? `${name}: ${text}` : text);
    process.stdout.write(`${visible(done.map(named).join('\n'))}\n`);
  }
  const left = Object.fromEntries(done.flatMap(([name, answer]) => (answer.left ? [[name, answer.left]] : [])));
  if (!isEmpty(left)) process.stderr.write(`admin: not all is done in ${textOf(left)}\n`);
  if (!isEmpty(notDone)) process.stderr.write(`admin: not done in ${textOf(notDone)}\n`);
  if (!isEmpty(left) || !isEmpty(notDone)) process.exitCode = 3;
}

type Command = Omit<AdminCommand<never>, 'run'>;
type Values = Readonly<Record<string, string | boolean>>;

/** The words of the command, and what follows them; null: help is asked for. @throws AdminUsageError */
function split(services: readonly AdminService[], argv: readonly string[]) {
  if (argv[0] === '--help' || argv[0] === '-h') return { words: null, rest: [] };
  const at = argv.findIndex((word) => word.startsWith('-'));
  const leading = at < 0 ? argv : argv.slice(0, at);
  const all = services.flatMap(({ commands }) => commands.map(({ words }) => words));
  for (let count = leading.length; count > 0; count--) {
    const words = leading.slice(0, count).join(' ');
    if (all.includes(words)) return { words, rest: argv.slice(count) };
  }
  const [first] = leading;
  const group = [...new Set(all.filter((words) => words.startsWith(`${first} `)))];
  const why =
    first === undefined
      ? 'which command?'
      : group.length > 0
        ? `which of ${group.join(', ')}?`
        : `there is no command "${leading.join(' ')}"`;
  throw new AdminUsageError(`${why}\n\n${usageOfAll(services)}`);
}

/** @throws AdminUsageError */
function valuesOf(command: Command, args: readonly string[]): Values {
  const byFlag = new Map(command.options.map((option) => [option.flag.slice(2), option]));
  const options = Object.fromEntries(
    [...byFlag].map(([flag, { isSwitch }]) => [flag, { type: isSwitch ? ('boolean' as const) : ('string' as const) }]),
  );
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { ...options, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    });
    const given: Record<string, string | boolean> = {};
    for (const [flag, value] of Object.entries(values)) {
      if (value !== undefined) given[byFlag.get(flag)?.field ?? flag] = value as string | boolean;
    }
    if (given.help) return given;
    if (positionals.length > command.operands.length) {
      throw new Error(`"${positionals[command.operands.length]}" is one word too many`);
    }
    command.operands.forEach((field, index) => {
      const operand = positionals[index];
      if (operand === undefined) throw new Error(`${operandName(field)} is missing`);
      given[field] = operand;
    });
    return given;
  } catch (error) {
    throw new AdminUsageError(`${(error as Error).message}\n\n${usageOf(command)}`);
  }
}

function textOf(notDone: Readonly<Record<string, string>>): string {
  return Object.entries(notDone)
    .map(([name, why]) => `${name}: ${why}`)
    .join('\n');
}

function isEmpty(record: object): boolean {
  return Object.keys(record).length === 0;
}
