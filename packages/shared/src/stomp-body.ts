import { z } from 'zod';
import { serverFrames } from './event.ts';
import { Message } from './message.ts';
import { Problem } from './problem.ts';
import { Room } from './room.ts';

const type = true;

/** Bodies of STOMP's MESSAGE, by what was subscribed to. */
export const stompBodies = {
  messages: Message,
  read: serverFrames.read.omit({ type }),
  typing: serverFrames.typing.omit({ type }),
  participants: z.object({ roomId: z.string(), participantCount: z.int(), onlineCount: z.int() }),
  status: Room,
  /** Sockets connected on all instances. */
  connections: z.object({ count: z.int() }),
  errors: Problem,
} as const;
