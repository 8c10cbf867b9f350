import {
  createRecord,
  describeParticipant,
  type Participant,
  type ParticipantOptions,
  type Standing,
} from '@gongu/sim';
import { WebSocket } from 'ws';

export interface PasserByOptions extends Omit<ParticipantOptions, 'userId' | 'token'> {
  /** Hears who it is, as soon as the server has said so. */
  readonly onKnown: (participant: Participant) => void;
  readonly onText: (text: string) => void;
}

interface Frame {
  readonly type?: string;
  readonly token?: string;
  readonly seq?: number;
  readonly kind?: string;
  readonly content?: string;
  readonly senderId?: string;
  readonly code?: string;
}

const HANDSHAKE_MS = 10_000;
const CHARACTERS = 20;

/**
 * Somebody without a token, on an older URL: says one thing, listens, and never comes back, whether the connection is lost
 * or `leave` is called.
 */
export function startPasserBy(options: PasserByOptions): { leave(): void } {
  const { client, roomId, url, secret, intern, onKnown, onText } = options;
  const at = `${url.replace(/^http/, 'ws')}/ws/chat?sessionId=${roomId}&after=0`;
  const socket = new WebSocket(at, { handshakeTimeout: HANDSHAKE_MS, perMessageDeflate: false });
  const standing: Standing = { place: 'away', refusal: null, skewMs: 0 };
  let record: ReturnType<typeof createRecord> | null = null;

  function known(token: string): void {
    secret(token);
    const userId = subjectOf(token);
    const own = createRecord({ client, userId, intern });
    record = own;
    own.connecting();
    const told = describeParticipant({
      ...{ client, userId, roomId, protocol: '/ws/chat?sessionId', record: own, standing },
      hidesChanges: true,
    });
    onKnown(Object.assign(told, { say, leave, resolve: () => Promise.resolve() }));
  }

  function heard({ type, token, seq, kind, content, senderId, code }: Frame): void {
    if (type === 'identity' && token !== undefined && !record) return known(token);
    if (!record || standing.place === 'over') return;
    if (type === 'error') return record.refused(null, String(code));
    if (type !== 'message' || seq === undefined) return;
    if (standing.place === 'away') {
      // The first page begins where it is not all that there is.
      if (seq > 1) record.restarted(seq - 1);
      record.joined();
      standing.place = 'in';
      say(CHARACTERS);
    }
    record.received({ seq, kind: String(kind), content: String(content), sender: senderId ?? null });
  }

  function say(characters: number): void {
    if (!record || standing.place !== 'in' || socket.readyState !== WebSocket.OPEN) return;
    const saying = record.compose(characters);
    record.said(saying);
    socket.send(JSON.stringify({ type: 'message', content: saying.content, clientMessageId: saying.id }));
  }

  function leave(): void {
    standing.place = 'over';
    socket.terminate();
  }

  socket.on('message', (data) => {
    const text = String(data);
    onText(text);
    heard(JSON.parse(text) as Frame);
  });
  socket.on('error', () => {}); // 'close' follows
  socket.on('close', (code, reason) => {
    if (standing.place !== 'over') record?.lost(String(reason), code);
    standing.place = 'over';
  });
  return { leave };
}

/** @param token signed by the service that sent it: nobody has to look at the signature */
function subjectOf(token: string): string {
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sub: string };
  return claims.sub;
}
