import { plainAddress } from '../http/forwarded-for.ts';
import { subnetOf } from './subnet.ts';

/**
 * With whom a client has its turn in a fair queue: all of one address, as `TRUST_PROXY` lets it be known. A proxy that
 * is not believed is one client with all behind it, which costs nobody anything: alone, it has all places.
 */
export function turnKey(address: string): string {
  return subnetOf(plainAddress(address) ?? '');
}
