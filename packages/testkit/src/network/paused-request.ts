import { request } from 'node:http';

export interface PausedRequestOptions {
  readonly method: string;
  readonly url: string;
  /** Goes out as `Authorization: Bearer …`. */
  readonly token: string;
  /** Goes out as JSON. */
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface PausedRequest {
  /** Sends the body; what is answered. */
  go(): Promise<{ readonly status: number; readonly body: string }>;
}

/** A request of which the service has read the head, and has still to get the body: it knows who asks, and has done nothing. */
export function pausedRequest({ method, url, token, body, headers }: PausedRequestOptions): Promise<PausedRequest> {
  const text = JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const asked = request(url, {
      method,
      agent: false,
      headers: {
        ...{ authorization: `Bearer ${token}`, 'content-type': 'application/json', expect: '100-continue' },
        'content-length': Buffer.byteLength(text),
        ...headers,
      },
    });
    const answered = new Promise<{ status: number; body: string }>((answer, fail) => {
      asked.on('error', fail);
      asked.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', fail);
        response.on('end', () => answer({ status: response.statusCode!, body: Buffer.concat(chunks).toString() }));
      });
    });
    answered.then(({ status }) => reject(new Error(`answered ${status} before the body`)), reject);
    asked.on('continue', () => {
      resolve({
        go() {
          asked.end(text);
          return answered;
        },
      });
    });
    asked.flushHeaders();
  });
}
