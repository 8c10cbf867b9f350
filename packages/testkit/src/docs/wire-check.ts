import { roomStreamEvents, roomsStreamEvents, serverFrames, stompBodies } from '@gongu/shared';
import type { z } from 'zod';

/**
 * What of `value` its schema does not allow, fields that it does not know among them: one line each, with the path. For
 * what was written down or recorded; what is received at run time may have fields of a later version.
 */
export function differencesFrom(schema: z.ZodType, value: unknown): string[] {
  const { success, data, error } = schema.safeParse(value);
  if (success) return unknownFields(value, data, []);
  return error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`);
}

function unknownFields(value: unknown, known: unknown, path: readonly string[]): string[] {
  if (!isObject(value) || !isObject(known) || value === known) return [];
  return Object.entries(value).flatMap(([name, field]) => {
    const at = [...path, name];
    return Object.hasOwn(known, name)
      ? unknownFields(field, known[name], at)
      : [`${at.join('.')}: is not in the schema`];
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** What can be received, by its kind and type. */
const RECEIVED = {
  'gongu.v1': serverFrames,
  /** Blocks of a room's event stream. */
  room: roomStreamEvents,
  /** Blocks of the stream of all one's rooms. */
  rooms: roomsStreamEvents,
  /** Bodies of STOMP's MESSAGE. */
  stomp: stompBodies,
} as const;

/** @throws Error when something that was received is not what its schema says: names its type, and each path. */
export function checkReceived(kind: keyof typeof RECEIVED, type: unknown, value: unknown): void {
  const schemas: Readonly<Record<string, z.ZodType>> = RECEIVED[kind];
  const schema = typeof type === 'string' && Object.hasOwn(schemas, type) ? schemas[type] : undefined;
  const differences = schema ? differencesFrom(schema, value) : ['there is no such type'];
  if (differences.length === 0) return;
  throw new Error(
    `${kind} ${String(type)} differs from its schema:\n  ${differences.join('\n  ')}\n${JSON.stringify(value)}`,
  );
}

/** For `probe`: each frame of gongu.v1 by the schema of its type. @throws Error */
export function checkFrame(frame: unknown, protocol: string): void {
  if (protocol === 'gongu.v1') checkReceived('gongu.v1', (Object(frame) as { type?: unknown }).type, frame);
}
