import { connect } from 'node:net';

/** Whether a Redis answers there and takes the password. Over a plain socket: one PING is no reason for a client. */
export function redisAnswers(at: {
  host: string;
  port: number;
  password: string;
  timeoutMs?: number;
}): Promise<boolean> {
  const { host, port, password, timeoutMs = 1_000 } = at;
  return new Promise((resolve) => {
    const socket = connect(port, host, () => socket.write(`AUTH ${password}\r\nPING\r\n`));
    socket.setTimeout(timeoutMs, () => socket.destroy());
    let answer = '';
    socket.on('data', (text) => {
      answer += text;
      if (answer.includes('+PONG') || answer.includes('-')) socket.destroy();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer.includes('+PONG')));
  });
}

/**
 * What a service says of one of its parts at `/readyz`: `ok`, `down`, `off`; undefined when it says nothing.
 *
 * @param url of the service
 */
export async function checkOf(url: string, part: string): Promise<string | undefined> {
  try {
    const answer = await fetch(`${url}/readyz`, {
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(2_000),
    });
    return ((await answer.json()) as { checks?: Record<string, string> }).checks?.[part];
  } catch {
    return undefined;
  }
}
