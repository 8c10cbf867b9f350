import { createLocalOwners } from '../../src/transport/sockjs/owners.ts';
import { ownersContract } from '../contract/owners.contract.ts';

ownersContract('one process', async () => {
  const claims = new Map<string, string>();
  return { owners: async (self) => createLocalOwners({ self, claims }), close: async () => {} };
});
