import { openLog } from './log.mjs';

/**
 * A stand-in for who holds money: any card is good. Each call names a reference; one that has been there does nothing again,
 * and one that contradicts what has been is refused.
 *
 * @param path of its ledger: a line for each thing that it has done
 */
export function openProvider(path) {
  /** `{status, amount}` by reference. */
  const held = new Map();
  const replay = ({ reference, status, amount }) => held.set(reference, { status, amount });
  const log = openLog(path, replay);

  function become(reference, status, amount, before) {
    const now = held.get(reference);
    if (now?.status === status) return;
    if (now?.status !== before) throw new Error(`what is ${now?.status ?? 'not held'} can not become ${status}`);
    const line = { reference, status, amount: amount ?? now.amount };
    log.append(line);
    replay(line);
  }
  return {
    /** `{status: AUTHORIZED | FAILED | CAPTURED | RELEASED, amount}`; undefined: nobody has paid by that reference. */
    find: (reference) => held.get(reference),
    authorize: (reference, amount) => become(reference, 'AUTHORIZED', amount, undefined),
    decline: (reference, amount) => become(reference, 'FAILED', amount, undefined),
    capture: (reference, amount) => become(reference, 'CAPTURED', amount, 'AUTHORIZED'),
    release: (reference) => become(reference, 'RELEASED', undefined, 'AUTHORIZED'),
  };
}
