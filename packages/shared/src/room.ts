import { z } from 'zod';
import { NewRoomId, RoomId, UserId } from './ids.ts';
import { Instant } from './instant.ts';
import { LIMITS } from './limits.ts';
import { text } from './text.ts';
import { neither, without } from './without.ts';

/** ACTIVE while recruiting → CLOSED when complete, or CANCELLED. */
export const RoomStatus = z.enum(['ACTIVE', 'CLOSED', 'CANCELLED']);
export type RoomStatus = z.output<typeof RoomStatus>;

/** BUYER = trade has recorded a purchase (`committed`). */
export const ParticipantRole = z.enum(['HOST', 'BUYER', 'GUEST']);
export type ParticipantRole = z.output<typeof ParticipantRole>;

/** A room as every protocol shows it. Times are ISO 8601 UTC with milliseconds. */
export const Room = z
  .object({
    roomId: z.string(),
    productId: z.string().nullable(),
    title: z.string(),
    status: RoomStatus,
    reason: z.string().nullable(),
    hostId: z.string().nullable(),
    /** Most participants other than the host. */
    maxParticipants: z.int(),
    minParticipants: z.int().nullable(),
    /** Participants other than the host. */
    participantCount: z.int(),
    committedCount: z.int(),
    /** Participants, host included, with at least one open socket. */
    onlineCount: z.int(),
    /** Users who look and are no participants. */
    watcherCount: z.int(),
    lastSeq: z.int(),
    /** Of the messages that are pinned, newest first; five at most. */
    pinnedMessageIds: z.array(z.string()),
    createdAt: z.string(),
    expiresAt: z.string().nullable(),
    closedAt: z.string().nullable(),
    /** Seconds from one message of a member to his next; 0: any. Not for the host, admins and the service. */
    slowModeSeconds: z.int(),
    /** Made with the room, and made anew after a backup was restored. */
    epoch: z.string(),
    /** The oldest message that may be there: what was before it was removed for its age. Beyond `lastSeq`: all was. */
    firstSeq: z.int(),
  })
  .meta({ id: 'Room' });
export type Room = z.output<typeof Room>;

export const Participant = z
  .object({
    userId: z.string(),
    nickname: z.string(),
    tag: z.string().nullable(),
    role: ParticipantRole,
    committed: z.boolean(),
    online: z.boolean(),
    joinedAt: z.string(),
    lastReadSeq: z.int(),
  })
  .meta({ id: 'Participant' });
export type Participant = z.output<typeof Participant>;

/** Who a purchase or a withdrawal is about. `joinedAt` is null for one of whom nothing is known. */
export const Concerned = Participant.extend({ joinedAt: z.string().nullable() }).meta({ id: 'ConcernedParticipant' });
export type Concerned = z.output<typeof Concerned>;

const Count = z.int().min(1).max(LIMITS.maxParticipants);

/** Body of `POST /api/chat/rooms`, sent by trade when a product is created. */
export const OpenRoom = z
  .object({
    productId: NewRoomId,
    title: text(LIMITS.titleChars),
    hostId: UserId,
    hostNickname: text(LIMITS.nicknameChars).nullish(),
    maxParticipants: Count,
    minParticipants: Count.nullish().meta({ description: 'not more than maxParticipants' }),
    expiresAt: Instant,
  })
  .refine((room) => room.minParticipants == null || room.minParticipants <= room.maxParticipants, {
    path: ['minParticipants'],
    error: 'must not be more than maxParticipants',
  })
  .meta({ id: 'OpenRoom' });
export type OpenRoom = z.output<typeof OpenRoom>;

const FIELDS = ['title', 'maxParticipants', 'minParticipants', 'expiresAt', 'slowModeSeconds'];

/** Body of `PATCH /api/chat/rooms/:roomId`: either a status, or fields. */
export const PatchRoom = z
  .object({
    status: RoomStatus.optional(),
    reason: text(LIMITS.reasonChars).nullish(),
    title: text(LIMITS.titleChars).optional(),
    maxParticipants: Count.optional(),
    minParticipants: Count.nullish().meta({ description: 'not more than maxParticipants' }),
    expiresAt: Instant.optional(),
    slowModeSeconds: z.int().min(0).max(LIMITS.slowModeSecondsMax).optional(),
  })
  .refine(
    (patch) =>
      patch.status !== undefined ||
      patch.title !== undefined ||
      patch.maxParticipants !== undefined ||
      patch.minParticipants !== undefined ||
      patch.expiresAt !== undefined ||
      patch.slowModeSeconds !== undefined,
    { error: 'must have status, title, maxParticipants, minParticipants, expiresAt or slowModeSeconds' },
  )
  .refine(
    (patch) =>
      patch.status === undefined ||
      (patch.title === undefined &&
        patch.maxParticipants === undefined &&
        patch.minParticipants === undefined &&
        patch.expiresAt === undefined &&
        patch.slowModeSeconds === undefined),
    { path: ['status'], error: 'must not come together with other fields: send two requests' },
  )
  .meta({
    id: 'PatchRoom',
    description: 'Either `status`, with or without `reason`, or fields: not both',
    not: neither(without('status', ...FIELDS), { required: ['status'], not: without(...FIELDS) }),
  });
export type PatchRoom = z.output<typeof PatchRoom>;

/** Body of `PUT …/participants/:userId`, sent by trade. */
export const CommitParticipant = z
  .object({ committed: z.boolean(), nickname: text(LIMITS.nicknameChars).nullish() })
  .meta({ id: 'CommitParticipant' });

/** Body of `PUT …/participants`, sent by trade: several of them at once. */
export const CommitParticipants = z
  .object({
    participants: z
      .array(CommitParticipant.extend({ userId: UserId }))
      .min(1)
      .max(LIMITS.pageMax),
  })
  .meta({ id: 'CommitParticipants' });
export type CommitParticipants = z.output<typeof CommitParticipants>;

/** Body of `PUT …/read`. */
export const MarkRead = z.object({ seq: z.int().min(0) }).meta({ id: 'MarkRead' });

export const RoomPath = z.object({ roomId: RoomId });
export const ParticipantPath = z.object({ roomId: RoomId, userId: UserId });
