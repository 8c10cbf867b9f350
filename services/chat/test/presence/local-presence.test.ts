import { createLocalPresence } from '../../src/presence/local-presence.ts';
import { presenceContract } from '../contract/presence.contract.ts';

presenceContract(
  'local',
  async () => ({
    presence: async (openSockets = () => 0) => createLocalPresence({ openSockets }),
    close: async () => {},
  }),
  { shared: false },
);
