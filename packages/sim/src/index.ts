export { checkAgreement, settle } from './check/agreement.ts';
export { createFaults, FAULT_KINDS, type Fault, type FaultKind, type Faults } from './check/faults.ts';
export { createLedger, type Ledger, type Saying } from './check/ledger.ts';
export { readStored, type StoredPage } from './check/stored-messages.ts';
export {
  type Place,
  type Shopper,
  type ShopperObserver,
  type ShopperOptions,
  startShopper,
} from './shopper/shopper.ts';
