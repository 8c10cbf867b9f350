import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Timers } from '../timers.ts';
import { headersOf } from './headers.ts';

/** As much of `fetch` as forwarding needs. */
export type Fetch = (
  url: string,
  init: {
    method: string;
    headers: Record<string, string>;
    body?: Uint8Array<ArrayBuffer>;
    redirect: 'error';
    signal: AbortSignal;
  },
) => Promise<{ status: number; headers: { get(name: string): string | null }; body: AsyncIterable<Uint8Array> | null }>;

export interface ForwardOptions {
  readonly fetch: Fetch;
  /** A token that tells the other instance that this is one too, for this request. */
  readonly sign: (hop: { owner: string; method: string; url: string }) => Promise<string> | string;
  /** What is known of the request's client. */
  readonly client: string;
  readonly timers: Timers;
  /** Milliseconds of silence after which the other instance counts as gone. */
  readonly silenceMs: number;
  /** Ends an answer that breaks off, where it stands at the end of a line; null: the connection is ended. */
  readonly lost: Uint8Array | null;
}

/** Carries the token of an instance; a request that has it is never forwarded again. */
export const HOP_HEADER = 'x-gongu-hop';

/** What the instance that took the request knows of its client; believed with a good token of an instance only. */
export const CLIENT_HEADER = 'x-gongu-client';

/** Of a client's request, what the owner needs to see: who it is from, and what is in it. */
const PASSED_ON = ['authorization', 'cookie', 'origin', 'user-agent', 'x-request-id'] as const;

/**
 * answered: or the client went away · gone: the instance is, or has the session no longer · silent: it said nothing for
 * `silenceMs`. Nothing has been answered with the latter two.
 */
export type Forwarded = 'answered' | 'gone' | 'silent';

const LINE_END = 10;

/** Passes a request on to the instance that has its session, and the answer back as it comes. */
export async function forward(
  owner: string,
  request: FastifyRequest,
  reply: FastifyReply,
  { fetch, sign, client, timers, silenceMs, lost }: ForwardOptions,
): Promise<Forwarded> {
  const stop = new AbortController();
  let silent = false;
  let silence: object | undefined;
  const heard = () => {
    timers.clear(silence);
    silence = timers.setTimeout(() => {
      silent = true;
      stop.abort();
    }, silenceMs);
  };
  // The client went away: so does this request, and its session ends as if it had been there.
  const left = () => stop.abort();
  reply.raw.once('close', left);
  try {
    heard();
    const { method, url } = request;
    // It is put behind the owner's address, and must not become a part of that.
    if (!url.startsWith('/')) return 'gone';
    const headers: Record<string, string> = {
      [HOP_HEADER]: await sign({ owner, method, url }),
      [CLIENT_HEADER]: client,
      'accept-encoding': 'identity',
    };
    for (const name of PASSED_ON) {
      const value = request.headers[name];
      if (typeof value === 'string') headers[name] = value;
    }
    const { body } = request;
    const answer = await fetch(owner + url, {
      method,
      headers,
      // It carries tokens: whoever answers for the instance may not send them on.
      redirect: 'error',
      ...(Buffer.isBuffer(body) ? { body: new Uint8Array(body) } : {}),
      signal: stop.signal,
    }).catch(() => null);
    if (!answer || answer.status === 404) {
      await drop(answer?.body);
      if (reply.raw.destroyed) return 'answered';
      return silent ? 'silent' : 'gone';
    }
    reply.hijack();
    const type = answer.headers.get('content-type');
    reply.raw.writeHead(answer.status, {
      ...headersOf(reply),
      ...(type === null ? {} : { 'content-type': type }),
      'x-accel-buffering': 'no',
    });
    reply.raw.flushHeaders();
    let inLine = false;
    try {
      for await (const chunk of answer.body ?? []) {
        heard();
        if (chunk.length > 0) inLine = chunk.at(-1) !== LINE_END;
        if (!reply.raw.write(chunk)) await drained(reply);
      }
      reply.raw.end();
    } catch {
      // What the owner wrote last is lost, and the owner may live and not know. An answer that just ended would have the client
      // ask for the next one, and go on with a hole.
      if (lost && !inLine) reply.raw.end(lost);
      else reply.raw.destroy();
    }
    return 'answered';
  } finally {
    timers.clear(silence);
    reply.raw.off('close', left);
  }
}

/** Reads an answer to its end, so that its connection can be used again. */
async function drop(body: AsyncIterable<Uint8Array> | null | undefined): Promise<void> {
  try {
    for await (const _ of body ?? []) {
      // Nobody wants it.
    }
  } catch {
    // Gone already.
  }
}

function drained(reply: FastifyReply): Promise<void> {
  return new Promise((resolve) => {
    reply.raw.once('drain', resolve);
    reply.raw.once('close', resolve);
  });
}
