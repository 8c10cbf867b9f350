import type { SealKey } from '../redis/seal-key.ts';

/**
 * What an instance says on a channel, with the proof that one of ours said it there and then:
 * `2<key id>.<epoch ms>.<number>.<proof>.<instance>\n` and what is said, in its own form, which begins with `1`. The
 * proof is over the channel, the four others, and what is said.
 */
export interface Sealing {
  /** As it goes out: sealed, or as it is where the others may be of a version that can't read that. */
  seal(channel: string, said: string): string;
  /**
   * What is said. `lane`: what came on one lane came in the order in which it was sent.
   *
   * @param skipOwn what this instance said itself is `own`, and is not looked at
   */
  open(channel: string, lane: number, bytes: Buffer, skipOwn: boolean): Buffer | 'own' | BusRefusal;
}

/**
 * unsigned: in the form of the version before · malformed · key: of another secret · proof: not what was said, or not
 * here · age: the clocks of two instances differ by more than 30 s, or it was kept back · replay: heard before
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
const HEADER = /^2([\w-]{8})\.([0-9a-z]{1,11})\.([0-9a-z]{1,11})\.([\w-]{22})\.([\w.:-]{1,64})$/;
/** Bytes of the longest header. */
const HEADER_BYTES = 136;
const [OLD, SEALED, NEWLINE] = ['1'.charCodeAt(0), '2'.charCodeAt(0), '\n'.charCodeAt(0)];

interface Sender {
  /** The number last heard, by lane. */
  readonly last: Map<number, number>;
  saidAt: number;
}

export function createSealing({ key, instanceId, now, isOn }: SealingOptions): Sealing {
  const senders = new Map<string, Sender>();
  let count = 0;

  /** Numbers of a sender grow, and a lane keeps their order: what does not grow has been heard. */
  function isNew(id: string, lane: number, number: number, saidAt: number): boolean {
    const sender = senders.get(id) ?? { last: new Map(), saidAt };
    if (number <= (sender.last.get(lane) ?? 0)) return false;
    sender.last.set(lane, number);
    sender.saidAt = Math.max(sender.saidAt, saidAt);
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
      const [at, number] = [now().toString(36), (++count).toString(36)];
      const proof = key.mac(placeOf(channel, at, number, instanceId), said);
      return `2${key.id}.${at}.${number}.${proof}.${instanceId}\n${said}`;
    },

    open(channel, lane, bytes, skipOwn) {
      // Of a version to come: whoever reads it calls it unreadable.
      if (bytes[0] !== SEALED) return isOn && bytes[0] === OLD ? 'unsigned' : bytes;
      const end = bytes.subarray(0, HEADER_BYTES).indexOf(NEWLINE!);
      const header = end < 0 ? null : HEADER.exec(bytes.toString('latin1', 0, end));
      if (!header) return 'malformed';
      const [, keyId, at, number, proof, sender] = header as unknown as [
        string,
        string,
        string,
        string,
        string,
        string,
      ];
      if (skipOwn && sender === instanceId) return 'own';
      if (keyId !== key.id) return 'key';
      const saidAt = Number.parseInt(at, 36);
      if (Math.abs(now() - saidAt) > MOST_AGE_MS) return 'age';
      const said = bytes.subarray(end + 1);
      if (!key.isMac(proof, placeOf(channel, at, number, sender), said)) return 'proof';
      return isNew(sender, lane, Number.parseInt(number, 36), saidAt) ? said : 'replay';
    },
  };
}

function placeOf(channel: string, at: string, number: string, sender: string): string {
  return `bus\n${channel}\n${at}\n${number}\n${sender}`;
}
