import { StartError } from '@gongu/host';
import { OWN_VARIABLES } from './chat.ts';

/** Variables of chat's environment, of `NAME=VALUE` each. @throws StartError for what is none, and for the bench's own */
export function readEnvironment(given: readonly string[]): Record<string, string> {
  const pairs = given.map((text): [string, string] => {
    const [, name, value] = /^([A-Z][A-Z0-9_]*)=(.*)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined) throw new StartError(`--env must be NAME=VALUE, not "${text}"`);
    if (OWN_VARIABLES.includes(name)) throw new StartError(`--env can't set ${name}: the bench does`);
    return [name, value];
  });
  return Object.fromEntries(pairs);
}

/** What is said of it in a report; empty without any. */
export function withEnv(env: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return pairs.length === 0 ? '' : ` with ${pairs.join(' ')}`;
}
