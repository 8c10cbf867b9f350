import { eventually } from '@gongu/testkit/eventually';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SafeChange } from '../../src/product/change-cursor.ts';
import { createChangeFeed, type FeedClock } from '../../src/product/change-feed.ts';
import type { ChangeStore, NumberedChange } from '../../src/product/ports/change-store.ts';

const realClock: FeedClock = {
  monotonic: () => performance.now(),
  setTimeout: (task, ms) => setTimeout(task, ms),
  clear: (timer) => clearTimeout(timer as NodeJS.Timeout),
};

/** A sequence in memory, with a switch that breaks it. */
function sequence() {
  const changes: NumberedChange[] = [];
  const state = { broken: false, reads: 0 };
  const store: ChangeStore = {
    newest: async (limit) => {
      if (state.broken) throw new Error('no database');
      return changes.slice(-limit).map(({ seq }) => seq);
    },
    read: async (seq, also, limit) => {
      state.reads += 1;
      if (state.broken) throw new Error('no database');
      return changes.filter((one) => one.seq > seq || also.includes(one.seq)).slice(0, limit);
    },
    range: async () => ({ lowest: 0, highest: 0 }),
  };
  const write = (seq: number) => {
    changes.push({ seq, change: { id: `p${seq}` } as NumberedChange['change'] });
    changes.sort((a, b) => a.seq - b.seq);
  };
  return { store, state, write };
}

function feedOn(store: ChangeStore, pollMs = 5) {
  const failures: unknown[] = [];
  const feed = createChangeFeed({ store, clock: realClock, pollMs, onFailure: (error) => failures.push(error) });
  onTestFinished(() => feed.stop());
  return { feed, failures };
}

describe('the feed of changes', () => {
  it('tells a listener what comes after it subscribed, and nothing from before', async () => {
    const { store, write } = sequence();
    write(1);
    const { feed } = feedOn(store);
    const got: number[] = [];
    const { after } = await feed.subscribe((changes) => got.push(...changes.map(({ seq }) => seq)));
    expect(after).toBe(1);
    write(2);
    write(3);
    await eventually(() => expect(got).toEqual([2, 3]));
  });

  it('looks at once when woken, whatever the poll', async () => {
    const { store, write } = sequence();
    const { feed } = feedOn(store, 60_000);
    const got: number[] = [];
    await feed.subscribe((changes) => got.push(...changes.map(({ seq }) => seq)));
    for (let seq = 1; seq <= 50; seq++) {
      write(seq);
      feed.wake();
    }
    await eventually(() => expect(got).toHaveLength(50));
  });

  it('reads a long backlog in pages', async () => {
    const { store, write } = sequence();
    const { feed } = feedOn(store);
    const got: SafeChange[] = [];
    await feed.subscribe((changes) => got.push(...changes));
    for (let seq = 1; seq <= 1_700; seq++) write(seq);
    await eventually(() => expect(got).toHaveLength(1_700));
  });

  it('rests while nobody listens, and does not look back when somebody does again', async () => {
    const { store, state, write } = sequence();
    const { feed } = feedOn(store);
    const { unsubscribe } = await feed.subscribe(() => {});
    unsubscribe();
    feed.wake();
    const reads = state.reads;
    write(1);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(state.reads).toBe(reads);
    const got: number[] = [];
    await feed.subscribe((changes) => got.push(...changes.map(({ seq }) => seq)));
    write(2);
    await eventually(() => expect(got).toEqual([2]));
  });

  it('goes on after the database was away, and loses nothing', async () => {
    const { store, state, write } = sequence();
    const { feed, failures } = feedOn(store);
    const got: number[] = [];
    await feed.subscribe((changes) => got.push(...changes.map(({ seq }) => seq)));
    state.broken = true;
    write(1);
    const reads = state.reads;
    await eventually(() => expect(state.reads).toBeGreaterThan(reads + 3));
    state.broken = false;
    await eventually(() => expect(got).toEqual([1]));
    expect(failures).toHaveLength(1);
  });

  it('refuses a subscription while the database is away, and takes the next one', async () => {
    const { store, state, write } = sequence();
    const { feed } = feedOn(store);
    state.broken = true;
    await expect(feed.subscribe(() => {})).rejects.toThrow('no database');
    expect(feed.listeners()).toBe(0);
    state.broken = false;
    const got: number[] = [];
    await feed.subscribe((changes) => got.push(...changes.map(({ seq }) => seq)));
    write(1);
    await eventually(() => expect(got).toEqual([1]));
  });
});
