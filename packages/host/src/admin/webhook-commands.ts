import { envFields } from '../env/env-fields.ts';
import { StartError } from '../process/start-error.ts';
import { createSecretSeal } from '../webhooks/secret-seal.ts';
import type { WebhookStore } from '../webhooks/webhook-store.ts';
import { type AdminCommand, adminCommand, BY } from './command.ts';

/** What `webhooks reseal` reads of the environment: SERVICE_JWT_SECRET as it is, and as it was. */
export const RESEAL_ENV = {
  SERVICE_JWT_SECRET: envFields.secret().optional(),
  OLD_SERVICE_JWT_SECRET: envFields.secret().optional(),
};

export interface WebhookContext {
  readonly webhooks: Pick<WebhookStore, 'reseal'>;
  readonly serviceSecrets: { readonly [Name in keyof typeof RESEAL_ENV]?: string | undefined };
}

/** `webhooks reseal`: secrets of webhooks after SERVICE_JWT_SECRET was changed, beside running instances. */
export function webhookCommands<Context extends WebhookContext>(): readonly AdminCommand<Context>[] {
  return [
    adminCommand({
      words: 'webhooks reseal',
      does: 'seal by SERVICE_JWT_SECRET what OLD_SERVICE_JWT_SECRET, the one before, sealed',
      isOfAll: true,
      options: { by: BY },
      async run({ webhooks, serviceSecrets }: Context, { by = null }) {
        const { SERVICE_JWT_SECRET: own, OLD_SERVICE_JWT_SECRET: old } = serviceSecrets;
        if (!own || !old) throw new StartError('SERVICE_JWT_SECRET and OLD_SERVICE_JWT_SECRET must both be set');
        const [now, before] = [createSecretSeal(own), createSecretSeal(old)];
        const { sealed, lost } = await webhooks.reseal((secret, id) => {
          if (now.opens(secret, id)) return secret;
          return before.opens(secret, id) ? now.seal(before.open(secret, id), id) : null;
        }, by);
        const text = `the secrets of ${sealed} webhooks are sealed anew`;
        const left = lost.length === 0 ? undefined : `those of ${lost.join(', ')} open by neither secret: rotate them`;
        return { json: { sealed, lost }, text, left };
      },
    }),
  ];
}
