// What the clients in JavaScript have in common: arguments, lines out, lines in. It is copied beside the library that a
// client uses, so names of libraries are resolved there.
import { createInterface } from 'node:readline';

export const [url, token, roomId] = process.argv.slice(-3);

/** What stands before these. */
export const more = process.argv.slice(2, -3);

/** @param {string} name of an npm package */
export const library = (name) => import(name);

let last = 0;
let sent = 0;

/** The last `seq` that is here; 0: none. */
export const after = () => last;

export const nextId = () => `matrix-${++sent}`;

export function saw(what, fields = {}) {
  process.stdout.write(`${JSON.stringify({ saw: what, ...fields })}\n`);
}

/** A message of the room, as the server sends it. */
export function sawMessage({ seq, content, sender }) {
  last = Math.max(last, seq);
  saw('message', { seq, content, sender: sender?.userId ?? null });
}

/** Each line of standard input is something to say; its end is the client's. */
export function talk(say, end) {
  createInterface({ input: process.stdin }).on('line', say).on('close', end);
}

/** Says it over HTTP: for those who only listen. */
export async function post(path, body) {
  const answer = await fetch(`${url}/api/chat/rooms/${roomId}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) saw('refused', { status: answer.status });
}

/** gongu.v1 over any channel of texts. */
export function gongu(send) {
  const write = (frame) => send(JSON.stringify(frame));
  return {
    opened: () => write({ type: 'auth', token }),
    received(text) {
      const frame = JSON.parse(text);
      if (frame.type === 'ready') write({ type: 'join', ref: 'join', roomId, after: after() });
      if (frame.type === 'joined') frame.messages.forEach(sawMessage);
      if (frame.type === 'message') sawMessage(frame);
      if (frame.type === 'error') saw('error', { code: frame.code });
    },
    say: (content) => write({ type: 'send', roomId, clientMessageId: nextId(), content }),
  };
}
