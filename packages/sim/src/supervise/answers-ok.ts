import { get } from 'node:http';

export interface AnswersOkOptions {
  headers?: Record<string, string>;
  /** @default 2_000 */
  timeoutMs?: number;
}

/** Whether a GET is answered by 200. A connection of its own each time: it must not keep a stopping server waiting. */
export function answersOk(url: string, { headers = {}, timeoutMs = 2_000 }: AnswersOkOptions = {}): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: timeoutMs, headers }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
    request.on('close', () => resolve(false));
  });
}
