import { describe, expect, it } from 'vitest';
import { type FanOutListener, fanOut, type Pending } from '../../src/hub/fan-out.ts';
import type { ChatEvent } from '../../src/room/event.ts';

const head = (seq: number): ChatEvent => ({ type: 'head', roomId: 'room', seq });

/** A listener that keeps what it is written; `takes` false is a full queue. */
function listener(userId: string, key: string, takes = true) {
  const got: Buffer[] = [];
  const encoded: number[][] = [];
  const self: FanOutListener & { got: Buffer[]; encoded: number[][]; seqs(): number[] } = {
    userId,
    got,
    encoded,
    key: () => key,
    encode(events) {
      encoded.push(events.map((event) => (event as { seq: number }).seq));
      return Buffer.from(JSON.stringify(events.map((event) => (event as { seq: number }).seq)));
    },
    write(bytes) {
      if (takes) got.push(bytes);
      return takes;
    },
    seqs: () => got.flatMap((bytes) => JSON.parse(bytes.toString()) as number[]),
  };
  return self;
}
const none = () => expect.unreachable('nobody is slow');

describe('fan-out', () => {
  it('writes what is for one user to his sockets only, and in its place', () => {
    const [ann, bob] = [listener('ann', 'a'), listener('bob', 'a')];
    const pending: Pending[] = [{ event: head(1) }, { event: head(2), only: 'bob' }, { event: head(3), except: 'bob' }];
    fanOut('room', pending, [ann, bob], none);
    expect(ann.seqs()).toEqual([1, 3]);
    expect(bob.seqs()).toEqual([1, 2]);
  });

  it('renders once for all listeners of one key and gives them the same bytes in one write', () => {
    const all = [listener('ann', 'json'), listener('bob', 'json'), listener('cho', 'stomp'), listener('dan', 'json')];
    expect(fanOut('room', [{ event: head(1) }, { event: head(2) }], all, none)).toBe(4);
    expect(all.map((one) => one.encoded.length)).toEqual([1, 0, 1, 0]);
    expect(all.map((one) => one.got.length)).toEqual([1, 1, 1, 1]);
    expect(all[1]!.got[0]).toBe(all[0]!.got[0]);
    expect(all.map((one) => one.seqs())).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
  });

  it('leaves out of an event every socket of the user it excepts, and nobody else', () => {
    const pending: Pending[] = [
      { event: head(1) },
      { event: head(2), except: 'ann' },
      { event: head(3), except: 'bob' },
    ];
    const all = [listener('ann', 'json'), listener('bob', 'json'), listener('ann', 'json'), listener('cho', 'json')];
    fanOut('room', pending, all, none);
    expect(all.map((one) => one.seqs())).toEqual([
      [1, 3],
      [1, 2],
      [1, 3],
      [1, 2, 3],
    ]);
  });

  it('does not write to one for whom nothing is left, whoever comes first', () => {
    const all = [listener('ann', 'json'), listener('bob', 'json')];
    expect(fanOut('room', [{ event: head(1), except: 'ann' }], all, none)).toBe(1);
    expect(all.map((one) => one.got.length)).toEqual([0, 1]);
  });

  it('passes over a protocol that shows none of the events, asking it once', () => {
    const mute = [listener('ann', 'mute'), listener('bob', 'mute')];
    let asked = 0;
    for (const one of mute) {
      one.encode = () => {
        asked++;
        return null;
      };
    }
    expect(fanOut('room', [{ event: head(1) }], mute, none)).toBe(0);
    expect(asked).toBe(1);
    expect(mute.flatMap((one) => one.got)).toEqual([]);
  });

  it('names those whose queue is full and serves the others', () => {
    const all = [listener('ann', 'json'), listener('bob', 'json', false), listener('cho', 'json')];
    const slow: string[] = [];
    expect(fanOut('room', [{ event: head(7) }], all, (one) => slow.push(one.userId))).toBe(2);
    expect(slow).toEqual(['bob']);
    expect(all.map((one) => one.seqs())).toEqual([[7], [], [7]]);
  });
});
