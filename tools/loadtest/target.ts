import { type Auth, createAuth, readRunFile, StartError } from '@gongu/host';
import { type Calls, createCalls, startSystem } from '@gongu/sim';
import type { Run } from '@gongu/sim/supervise';
import type { LoadtestArguments } from './arguments.ts';

/** What is put under load. */
export interface Target {
  readonly chatUrl: string;
  /** Where sockets connect, in turn. */
  readonly sockets: readonly string[];
  readonly calls: Calls;
  readonly auth: Pick<Auth, 'signUser' | 'signService'>;
  /** It is there after this run as well. */
  readonly lasting: boolean;
  /** What runs, a line each. */
  readonly parts: readonly string[];
  /** Instances whose metrics can be asked, by name. */
  readonly instances: readonly { readonly name: string; readonly url: string }[];
}

/** The services' own default, which stays unless the load needs more. */
const USUAL_RATE = 10;

/** A running deployment, or a system of its own. @throws StartError when there are no secrets for the former */
export async function openTarget(run: Run, { url, rate, clients }: LoadtestArguments): Promise<Target> {
  const { lifecycle, terminal, env } = run;
  const perClient = rate / clients;
  if (url === null) {
    const chatEnv = { RATE_MESSAGES_PER_SECOND: String(Math.max(USUAL_RATE, Math.ceil(2 * perClient))) };
    const system = await startSystem({ env, name: 'loadtest', lifecycle, terminal, chatEnv });
    return { ...system, instances: system.chats, lasting: false };
  }
  if (perClient > USUAL_RATE) {
    terminal.warn(`${perClient.toFixed(1)} messages per second and client may be more than RATE_MESSAGES_PER_SECOND`);
  }
  const known = { ...env, ...readRunFile(env) };
  const { JWT_SECRET: jwtSecret, SERVICE_JWT_SECRET: serviceSecret } = known;
  if (!jwtSecret || !serviceSecret) {
    throw new StartError(
      `set JWT_SECRET and SERVICE_JWT_SECRET to those of ${url}: clients need tokens, and rooms have to be opened`,
    );
  }
  const auth = createAuth({ jwtSecret, serviceSecret });
  const calls = createCalls({ auth, stopping: lifecycle.stopping });
  const sockets = [`${url.replace(/^http/, 'ws')}/ws`];
  return { chatUrl: url, sockets, calls, auth, parts: [`the services at ${url}`], instances: [], lasting: true };
}
