import type { RoomStatus } from '@gongu/shared';
import { describe, expect, it } from 'vitest';
import { allowedNext, mayJoin, mayTalk, statusAtDeadline } from '../../src/room/status.ts';

const ALL: RoomStatus[] = ['ACTIVE', 'CLOSED', 'CANCELLED'];

describe('a status', () => {
  it('leads from ACTIVE to either end', () => {
    expect(allowedNext('ACTIVE', false)).toEqual(['CLOSED', 'CANCELLED']);
  });

  it('is final once the service has ended the room', () => {
    expect(allowedNext('CLOSED', false)).toEqual([]);
    expect(allowedNext('CANCELLED', false)).toEqual([]);
  });

  it('leads to the other end only, when expiry gave it', () => {
    expect(allowedNext('CLOSED', true)).toEqual(['CANCELLED']);
    expect(allowedNext('CANCELLED', true)).toEqual(['CLOSED']);
  });

  it('lets members join while ACTIVE and talk until CANCELLED', () => {
    expect(ALL.filter(mayJoin)).toEqual(['ACTIVE']);
    expect(ALL.filter(mayTalk)).toEqual(['ACTIVE', 'CLOSED']);
  });
});

describe('at the deadline a room', () => {
  it('is CLOSED when enough have bought', () => {
    expect(statusAtDeadline({ committedCount: 5, minParticipants: 5 })).toBe('CLOSED');
    expect(statusAtDeadline({ committedCount: 6, minParticipants: 5 })).toBe('CLOSED');
  });

  it('is CANCELLED when too few have bought', () => {
    expect(statusAtDeadline({ committedCount: 4, minParticipants: 5 })).toBe('CANCELLED');
  });

  it('is CLOSED where no minimum is set, even without a buyer', () => {
    expect(statusAtDeadline({ committedCount: 0, minParticipants: null })).toBe('CLOSED');
  });
});
