import type { Signal } from '../room/ports/bus.ts';
import type { StoredMessage } from '../room/ports/stored-message.ts';

/**
 * Signals as bytes on a room's channel: `<version><kind><instance>\n<JSON>`. Sender and kind stand before the JSON, so
 * that an instance drops its own signals, and those of a kind it does not know, without parsing them. Two versions may
 * run side by side during a deploy: fields may be added to a signal, kinds too as long as they are ephemeral; anything
 * else takes the next version, which this one calls unreadable (and then asks the store). No channel, no socket here.
 */
export interface Envelope {
  encode(signal: Signal): string;
  /** Never throws. `roomId` is the channel's: a signal about another room is unreadable. */
  decode(bytes: Buffer, roomId: string): Signal | NoSignal;
}

/** `own`: by this instance. `unknown`: a kind of later versions, ephemeral. `unreadable`: something may be lost. */
export type NoSignal = 'own' | 'unknown' | 'unreadable';

/** How instances may be called. */
const INSTANCE_ID = /^[A-Za-z0-9._:-]{1,64}$/;

const VERSION = '1'.charCodeAt(0);
const NEWLINE = 0x0a;
const KIND_LETTERS: Readonly<Record<Signal['kind'], string>> = {
  messages: 'm',
  read: 'r',
  typing: 't',
  presence: 'p',
  removed: 'x',
  whisper: 'w',
  member: 'n',
  watchers: 'l',
};
const KIND_OF = new Map(Object.entries(KIND_LETTERS).map(([kind, letter]) => [letter.charCodeAt(0), kind]));

/** `instanceId`: this process, and no other process at any time. */
export function createEnvelope(instanceId: string): Envelope {
  if (!INSTANCE_ID.test(instanceId)) throw new RangeError('an instance id is 1 to 64 of A-Z a-z 0-9 . _ : -');
  const own = Buffer.from(`${instanceId}\n`);

  return {
    encode: (signal) => `1${KIND_LETTERS[signal.kind]}${instanceId}\n${JSON.stringify(bodyOf(signal))}`,
    decode(bytes, roomId) {
      if (bytes.length < 3 || bytes[0] !== VERSION) return 'unreadable';
      if (own.equals(bytes.subarray(2, 2 + own.length))) return 'own';
      const kind = KIND_OF.get(bytes[1]!);
      if (kind === undefined) return 'unknown';
      const start = bytes.indexOf(NEWLINE, 2) + 1;
      if (start === 0) return 'unreadable';
      return signalOf(kind as Signal['kind'], parse(bytes.toString('utf8', start)), roomId) ?? 'unreadable';
    },
  };
}

/** What a signal says beyond its kind and, but for messages, its room: the channel has that. */
function bodyOf(signal: Signal): unknown {
  switch (signal.kind) {
    case 'messages':
      return signal.messages;
    case 'read':
      return { userId: signal.userId, seq: signal.seq, chatNo: signal.chatNo };
    case 'typing':
      return { user: signal.user, typing: signal.typing };
    case 'presence':
      return { userId: signal.userId, online: signal.online };
    case 'whisper':
      return { sender: signal.sender, receiver: signal.receiver, signalType: signal.signalType, data: signal.data };
    case 'removed':
    case 'member':
    case 'watchers':
      return {};
  }
}

function signalOf(kind: Signal['kind'], body: unknown, roomId: string): Signal | null {
  if (kind === 'messages') {
    const messages: StoredMessage[] =
      Array.isArray(body) && body.every((entry) => isMessage(entry, roomId)) ? body : [];
    // Instances of the first version don't say it, and change nothing.
    for (const message of messages) message.version ??= message.seq;
    return messages.length > 0 ? { kind, roomId, messages } : null;
  }
  if (!isRecord(body)) return null;
  const { userId, seq, chatNo, user, typing, online } = body;
  switch (kind) {
    case 'read':
      return isText(userId) && isCount(seq) && isCount(chatNo) ? { kind, roomId, userId, seq, chatNo } : null;
    case 'typing':
      return isUser(user) && typeof typing === 'boolean' ? { kind, roomId, user, typing } : null;
    case 'presence':
      return isText(userId) && typeof online === 'boolean' ? { kind, roomId, userId, online } : null;
    case 'whisper': {
      const { sender, receiver, signalType, data = null } = body;
      const readable = isText(sender) && isText(receiver) && isText(signalType);
      return readable ? { kind, roomId, sender, receiver, signalType, data } : null;
    }
    case 'removed':
    case 'member':
    case 'watchers':
      return { kind, roomId };
  }
}

/** The fields that order and address a message; the rest was checked where it was stored. */
function isMessage(value: unknown, roomId: string): value is StoredMessage {
  return (
    isRecord(value) &&
    value.roomId === roomId &&
    isCount(value.seq) &&
    value.seq > 0 &&
    isCount(value.chatNo) &&
    (value.version === undefined || isCount(value.version)) &&
    isText(value.messageId) &&
    isText(value.kind) &&
    typeof value.content === 'string' &&
    isText(value.createdAt) &&
    (value.sender === null || isUser(value.sender)) &&
    (value.signalType === undefined || isText(value.signalType))
  );
}

function isUser(value: unknown): value is { userId: string; nickname: string; tag: string | null } {
  return (
    isRecord(value) &&
    isText(value.userId) &&
    typeof value.nickname === 'string' &&
    (value.tag === null || typeof value.tag === 'string')
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
