import { type AdminCommand, adminCommand, BY, hindranceOf, StartError, type WebhookContext } from '@gongu/host';
import { z } from 'zod';
import type { AddressPlace, ResealedPortion } from '../store/address-keys.ts';
import type { openStore } from '../store/open-store.ts';

/** What commands act on: trade's database. */
export type AdminContext = ReturnType<typeof openStore> & WebhookContext;

/** Addresses that are sealed anew with one commit. */
const PORTION = 500;

const WHY = { unknown: 'which ADDRESS_KEYS lacks', wrong: 'which does not open them' } as const;

export const addressCommands: readonly AdminCommand<AdminContext>[] = [
  adminCommand({
    words: 'addresses rotate',
    does: 'seal by the first of ADDRESS_KEYS what its others sealed; beside running instances',
    options: { dryRun: z.boolean().optional().describe('only say how many'), by: BY },
    async run({ addresses, addressKeys }: AdminContext, { dryRun = false, by = null }) {
      if (addresses === null) throw new StartError('ADDRESS_KEYS is not set');
      if (await addressKeys.isFirstOther()) {
        throw new StartError('ADDRESS_KEYS: the first is another key than the one that had its id before');
      }
      const how = { byUserId: by, isDry: dryRun };
      let sealed = 0;
      let hindrance: string | undefined;
      let unopened: ResealedPortion['unopened'][number][] = [];
      try {
        // Once more where something was changed meanwhile: an instance whose first key is another one may have sealed it.
        for (let changed = 1; changed > 0; ) {
          changed = 0;
          unopened = [];
          for (let after: AddressPlace | null | undefined; after !== null; ) {
            const portion: ResealedPortion = await addressKeys.resealPortion(after ?? null, PORTION, how);
            sealed += portion.sealed;
            changed += portion.changed;
            unopened.push(...portion.unopened);
            after = portion.last;
          }
        }
      } catch (error) {
        if (sealed === 0 || dryRun) throw error;
        hindrance = hindranceOf(error);
      }
      const shut = byKey(unopened);
      const left = [
        ...(hindrance === undefined ? [] : [hindrance]),
        ...(shut.length === 0 ? [] : [`addresses that stay as they are: ${shut.map(lineOf).join('; ')}`]),
      ];
      return {
        json: { sealed, unopened: shut, ...(dryRun ? { dryRun } : {}) },
        text: `${sealed} addresses ${dryRun ? 'would be' : 'are'} sealed anew`,
        left: left.join('; ') || undefined,
      };
    },
  }),
];

interface Shut {
  readonly keyId: string;
  readonly why: keyof typeof WHY;
  readonly addresses: number;
}

/** Those that can not be opened, by what sealed them. */
function byKey(unopened: ResealedPortion['unopened']): readonly Shut[] {
  const found = new Map<string, Shut>();
  for (const { keyId, why } of unopened) {
    found.set(keyId, { keyId, why, addresses: (found.get(keyId)?.addresses ?? 0) + 1 });
  }
  return [...found.values()];
}

function lineOf({ keyId, why, addresses }: Shut): string {
  return `${addresses} sealed by "${keyId}", ${WHY[why]}`;
}
