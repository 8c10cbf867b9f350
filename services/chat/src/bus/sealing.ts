import { countedNonce, type Seal, type SealKey } from '../redis/seal-key.ts';

/**
 * What an instance says on a channel, sealed for the other instances:
 * `2<key id>.<epoch ms>.<number>.<instance>\n`, then what is said, in its own form, by AES-256-GCM, and its tag. The key is
 * the instance's own, the nonce is time and number, and the tag is over the channel and what stands before, too.
 */
export interface Sealing {
  /** As it goes out: sealed, or as it is where the others may be of a version that can't read that. */
  seal(channel: string, said: string): string | Buffer;
  /**
   * What is said. `lane`: what came on one lane came in the order in which it was sent.
   *
   * @param skipOwn what this instance said itself is `own`, and is not looked at
   */
  open(channel: string, lane: number, bytes: Buffer, skipOwn: boolean): Buffer | 'own' | BusRefusal;
}

/**
 * unsigned: in the form of the version before, in clear · malformed · key: of another secret · proof: not what was said, or
 * not here · age: the clocks of two instances differ by more than 30 s, or it was kept back · replay: heard before
 */
export type BusRefusal = (typeof BUS_REFUSALS)[number];
export const BUS_REFUSALS = ['unsigned', 'malformed', 'key', 'proof', 'age', 'replay'] as const;

export interface SealingOptions {
  readonly key: SealKey;
  readonly instanceId: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** All instances read sealed ones: this one seals, and hears nothing else. */
  readonly isOn: boolean;
}

/** Milliseconds after which, and before which, nothing is heard. */
const MOST_AGE_MS = 30_000;
/** Senders that are remembered before the silent ones are looked for. */
const MANY_SENDERS = 64;
const HEADER = /^2([\w-]{8})\.([0-9a-z]{1,9})\.([0-9a-z]{1,9})\.([\w.:-]{1,64})$/;
/** Bytes of the longest header, and its end. */
const HEADER_BYTES = 96;
const [OLD, SEALED, NEWLINE] = ['1'.charCodeAt(0), '2'.charCodeAt(0), '\n'.charCodeAt(0)];

/** What 48 bits of a nonce hold. */
const MOST = 2 ** 48;

interface Sender {
  readonly seal: Seal;
  /** The number last heard, by lane. */
  readonly last: Map<number, number>;
  saidAt: number;
}

export function createSealing({ key, instanceId, now, isOn }: SealingOptions): Sealing {
  const senders = new Map<string, Sender>();
  const own = key.writer(instanceId);
  let count = 0;

  /** Numbers of a sender grow, and a lane keeps their order: what does not grow has been heard. */
  function isNew(id: string, sender: Sender, lane: number, number: number, saidAt: number): boolean {
    if (number <= (sender.last.get(lane) ?? 0)) return false;
    sender.last.set(lane, number);
    sender.saidAt = Math.max(sender.saidAt, saidAt);
    // Only of one who has proved to be an instance: a stranger has no room here.
    senders.set(id, sender);
    if (senders.size > MANY_SENDERS) forgetSilent();
    return true;
  }

  // All that they said is too old to be heard again.
  function forgetSilent(): void {
    for (const [id, { saidAt }] of senders) if (now() - saidAt > 2 * MOST_AGE_MS) senders.delete(id);
  }

  return {
    seal(channel, said) {
      if (!isOn) return said;
      const [at, number] = [Math.floor(now()), ++count];
      const header = `2${key.id}.${at.toString(36)}.${number.toString(36)}.${instanceId}\n`;
      return Buffer.concat([
        Buffer.from(header, 'latin1'),
        own.seal(placeOf(channel, header), countedNonce(at, number), said),
      ]);
    },

    open(channel, lane, bytes, skipOwn) {
      // Of a version to come: whoever reads it calls it unreadable.
      if (bytes[0] !== SEALED) return isOn && bytes[0] === OLD ? 'unsigned' : bytes;
      const end = bytes.subarray(0, HEADER_BYTES).indexOf(NEWLINE!);
      const header = end < 0 ? null : HEADER.exec(bytes.toString('latin1', 0, end));
      if (!header) return 'malformed';
      const [, keyId, at, number, id] = header as unknown as [string, string, string, string, string];
      if (skipOwn && id === instanceId) return 'own';
      if (keyId !== key.id) return 'key';
      const [saidAt, count] = [Number.parseInt(at, 36), Number.parseInt(number, 36)];
      if (Math.abs(now() - saidAt) > MOST_AGE_MS) return 'age';
      if (count >= MOST) return 'malformed';
      const sender = senders.get(id) ?? { seal: key.writer(id), last: new Map(), saidAt };
      const place = placeOf(channel, bytes.toString('latin1', 0, end + 1));
      const said = sender.seal.open(place, countedNonce(saidAt, count), bytes.subarray(end + 1));
      if (said === null) return 'proof';
      return isNew(id, sender, lane, count, saidAt) ? said : 'replay';
    },
  };
}

function placeOf(channel: string, header: string): string {
  return `bus\n${channel}\n${header}`;
}
