import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFlushSchedule } from '../../src/hub/flush-schedule.ts';

/** A room that notes when it was flushed. */
function createRoom() {
  return {
    at: [] as number[],
    get flushedAt(): number {
      return this.at.at(-1) ?? -Infinity;
    },
    flush(): void {
      this.at.push(performance.now());
    },
  };
}

describe('when a room is written to', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 0 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is at once when it was quiet, and once for all that a turn brought', () => {
    const schedule = createFlushSchedule({ spacingMs: () => 40, now: () => performance.now() });
    const room = createRoom();
    for (let i = 0; i < 3; i++) schedule.add(room);
    expect(room.at).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(room.at).toEqual([0]);
    vi.advanceTimersByTime(100);
    expect(room.at).toEqual([0]);
  });

  it('is every spacingMs while it has more to tell, whatever other rooms do', () => {
    const schedule = createFlushSchedule({ spacingMs: () => 40, now: () => performance.now() });
    const busy = createRoom();
    const quiet = createRoom();
    for (let at = 0; at < 200; at += 5) {
      schedule.add(busy);
      if (at === 60) schedule.add(quiet);
      vi.advanceTimersByTime(5);
    }
    // A millisecond is the turn in which what else came may join.
    expect(busy.at).toEqual([0, 41, 82, 123, 164]);
    expect(quiet.at).toEqual([60]);
  });

  it('is now when sockets are about to be closed, and not a second time later', () => {
    const schedule = createFlushSchedule({ spacingMs: () => 40, now: () => performance.now() });
    const room = createRoom();
    schedule.add(room);
    vi.advanceTimersByTime(1);
    schedule.add(room);
    schedule.flush();
    expect(room.at).toEqual([0, 1]);
    vi.advanceTimersByTime(100);
    expect(room.at).toEqual([0, 1]);
    schedule.add(room);
    vi.advanceTimersByTime(1);
    expect(room.at).toEqual([0, 1, 101]);
  });

  it('is with this turn when it is urgent, also when it waits already', () => {
    const schedule = createFlushSchedule({ spacingMs: () => 40, now: () => performance.now() });
    const room = createRoom();
    schedule.add(room);
    vi.advanceTimersByTime(1);
    schedule.add(room);
    vi.advanceTimersByTime(5);
    schedule.add(room, true);
    vi.advanceTimersByTime(1);
    schedule.add(room, true);
    vi.advanceTimersByTime(100);
    expect(room.at).toEqual([0, 6, 7]);
  });

  it('is now also for a room whose turn has come but is not over', () => {
    const schedule = createFlushSchedule({ spacingMs: () => 40, now: () => performance.now() });
    const room = createRoom();
    schedule.add(room);
    schedule.flush();
    expect(room.at).toEqual([0]);
  });

  it('is each turn without a spacing', () => {
    const schedule = createFlushSchedule({ spacingMs: () => 0, now: () => performance.now() });
    const room = createRoom();
    for (let i = 0; i < 3; i++) {
      schedule.add(room);
      vi.advanceTimersByTime(1);
    }
    expect(room.at).toHaveLength(3);
  });
});
