import { randomBytes } from 'node:crypto';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { createAuth, envFields, readEnv, runMain, StartError } from '@gongu/host';
import { z } from 'zod';
import { runningSystem } from './running-system.ts';

const USAGE = `pnpm user-token USER [--role ROLE]… [--nickname NAME] [--hours N]

Prints a token for that user id, as the shop's own sign-in would sign it: with JWT_SECRET (and JWT_ISSUER, JWT_AUDIENCE) of
the environment, of .env, or of a running "pnpm start". Whoever has it is that user.

  --role ROLE       seller may offer products, admin may act on all of them and see the outbox. Default: neither
  --nickname NAME   the shown name, at most 32 characters. Default: the first 8 of USER
  --hours N         how long it is good. Default: 12
`;

const Variables = z.object({
  JWT_SECRET: z.string().optional(),
  JWKS_URL: z.string().optional(),
  JWT_ISSUER: z.string().trim().optional(),
  JWT_AUDIENCE: z.string().trim().optional(),
  JWT_MAX_LIFETIME_S: envFields.int(undefined, { min: 1 }).optional(),
});
const OPTIONS = {
  role: { type: 'string', multiple: true },
  nickname: { type: 'string' },
  hours: { type: 'string', default: '12' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies ParseArgsConfig['options'];
const Role = z.enum(['seller', 'admin']);
const Hours = z.coerce.number().positive().max(8_760);

// `pnpm user-token`: a user's token, signed with the secret of a running system or of an installation.
await runMain('gongu', async () => {
  const { values, positionals } = argumentsOf(process.argv.slice(2));
  if (values.help) return void process.stdout.write(USAGE);
  const [userId, ...more] = positionals;
  if (userId === undefined || more.length > 0) throw refusal('name one user id');
  const roles = (values.role ?? []).map((role) => {
    if (!Role.safeParse(role).success) throw refusal(`--role is ${Role.options.join(' or ')}, not ${role}`);
    return role;
  });
  const hours = Hours.safeParse(values.hours);
  if (!hours.success) throw refusal(`--hours is a number up to ${24 * 365}, not ${values.hours}`);

  const env = readEnv(Variables, runningSystem(process.env, []));
  if (env.JWT_SECRET === undefined) {
    throw new StartError(
      env.JWKS_URL === undefined
        ? 'JWT_SECRET is not set, and no system is running: pnpm start (or pnpm dev) in another terminal, or set it'
        : 'JWT_SECRET is not set: with JWKS_URL alone, only who has the private keys signs tokens',
    );
  }
  const auth = createAuth({
    jwtSecret: env.JWT_SECRET,
    issuer: env.JWT_ISSUER,
    audience: env.JWT_AUDIENCE,
    maxLifetimeS: env.JWT_MAX_LIFETIME_S,
    serviceSecret: randomBytes(48).toString('base64url'), // no service's token is signed here
  });
  const identity = { userId, roles, ...(values.nickname === undefined ? {} : { nickname: values.nickname }) };
  const token = auth.signUser(identity, Math.ceil(hours.data * 3_600));
  await auth.verifyUser(token).catch((cause) => {
    throw new StartError(`the services would refuse it: ${cause.detail ?? cause.message}`, { cause });
  });
  process.stdout.write(`${token}\n`);
});

function argumentsOf(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw refusal(error instanceof Error ? error.message : String(error));
  }
}

function refusal(reason: string): StartError {
  return new StartError(`${reason}\n\n${USAGE}`);
}
