import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { callAs, type Instance } from '@gongu/sim';
import { type Frame, type Probe, probe, type UserTokenOptions } from '@gongu/testkit';

/** Longest wait for what should come at once. */
const ANSWER_MS = 15_000;

/** What every check has to hand; names and products are its own. */
export interface Scene {
  /** Where clients connect. */
  readonly chatUrl: string;
  /** The same conversation from another instance; the same where there is one. */
  readonly otherUrl: string;
  readonly tradeUrl: string;
  readonly chats: readonly Instance[];
  /** These and trade, past whatever stands in front. */
  readonly services: readonly Instance[];
  /** A user's token. @param name only this check has it */
  readonly token: (name: string, roles?: readonly string[]) => string;
  readonly service: () => string;
  /** A user's token with these claims. */
  readonly tokenWith: (options: Omit<UserTokenOptions, 'secret'>) => string;
}

/** @throws Error naming what was expected */
export function expect(holds: boolean, expected: string, found?: unknown): asserts holds {
  if (!holds) throw new Error(`expected ${expected}${found === undefined ? '' : `, got ${JSON.stringify(found)}`}`);
}

/** Asks until it is so. @throws Error naming what did not come */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const giveUpAt = performance.now() + ANSWER_MS;
  for (;;) {
    const found = await ask();
    if (found !== undefined) return found;
    if (performance.now() > giveUpAt) throw new Error(`expected within ${ANSWER_MS / 1_000} s: ${what}`);
    await sleep(30);
  }
}

/** One call, which must be answered with this status, and this code where one is given. */
export async function ask<T = Readonly<Record<string, unknown>>>(
  token: string,
  method: string,
  url: string,
  expected: { status: number; code?: string; body?: unknown; headers?: Readonly<Record<string, string>> },
): Promise<T> {
  const { status, code, body, headers } = expected;
  const answer = await callAs<T>({ token, method, url, body, headers });
  const holds = answer.status === status && (code === undefined || answer.code === code);
  const path = new URL(url).pathname.replace(/[0-9a-f-]{36}/, ':id');
  expect(holds, `${method} ${path} to be answered with ${status} ${code ?? ''}`, [answer.status, answer.code]);
  return answer.body;
}

export const DAY = () => new Date(Date.now() + 86_400_000).toISOString();

/** A product of a seller whose room is open. @returns its id */
export async function product(scene: Scene, fields: object = {}, seller = 'seller'): Promise<string> {
  const body = {
    title: '제주 감귤 10kg',
    price: { amount: 23_000, currency: 'KRW' },
    maxParticipants: 10,
    deadline: DAY(),
  };
  const token = scene.token(seller, ['seller']);
  const { id } = await ask<{ id: string }>(token, 'POST', `${scene.tradeUrl}/api/products`, {
    status: 201,
    body: { ...body, ...fields },
  });
  await room(scene, id, () => true);
  return id;
}

/** The room of a product as soon as it is so. */
export function room(scene: Scene, id: string, holds: (room: Record<string, unknown>) => boolean) {
  return eventually('the room as it should be', async () => {
    const url = `${scene.chatUrl}/api/chat/rooms/${id}`;
    const { status, body } = await callAs<Record<string, unknown>>({ token: scene.service(), method: 'GET', url });
    return status === 200 && holds(body) ? body : undefined;
  });
}

/** Somebody on a gongu.v1 socket. */
export interface Socket extends Probe {
  /** The next frame of this type (and more), passing over others. */
  frame(type: string, holds?: (frame: Frame) => boolean): Promise<Frame>;
  /** A `join` and its answer. */
  join(roomId: string, after?: number): Promise<Frame>;
  /** A `send` and its `ack`. */
  say(roomId: string, content: string, more?: object): Promise<Frame>;
}

/** Connects and authenticates. */
export async function connect(scene: Scene, name: string, url = scene.chatUrl): Promise<Socket> {
  const socket = await probe(`${url.replace(/^http/, 'ws')}/ws`, { protocols: 'gongu.v1', timeoutMs: ANSWER_MS });
  const frame = (type: string, holds: (frame: Frame) => boolean = () => true) =>
    socket.next((one) => one.type === type && holds(one));
  const answer = (ref: string) => socket.next((one) => one.ref === ref);
  socket.send({ type: 'auth', token: scene.token(name) });
  await frame('ready');
  return Object.assign(socket, {
    frame,
    async join(roomId: string, after?: number) {
      socket.send({ type: 'join', ref: 'join', roomId, after });
      const joined = await answer('join');
      expect(joined.type === 'joined', 'joined', joined);
      return joined;
    },
    async say(roomId: string, content: string, more: object = {}) {
      const clientMessageId = randomUUID();
      socket.send({ type: 'send', ref: clientMessageId, roomId, clientMessageId, content, ...more });
      return answer(clientMessageId);
    },
  });
}
