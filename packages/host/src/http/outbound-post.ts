import { request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { RequestFilteringHttpAgent, RequestFilteringHttpsAgent } from 'request-filtering-agent';

export interface OutboundPostOptions {
  /** Whether addresses may be private; else these are refused as they are connected to, whatever a name led to before. */
  readonly allowPrivate: boolean;
  /** Connections to one host at once. */
  readonly maxSockets: number;
  /** Milliseconds for all of one request. */
  readonly timeoutMs: number;
  /** Certificates of authorities, PEM, instead of those that Node.js trusts. */
  readonly ca?: string;
  /** Finds the addresses of names. @default dns.lookup */
  readonly lookup?: LookupFunction;
}

/** `status` null: there was no answer, and `error` says why. */
export type Posted =
  | { readonly status: number; readonly retryAfterMs: number | null }
  | { readonly status: null; readonly error: string };

/** Posts to URLs that somebody else chose. Redirects are followed nowhere, and of an answer its status is read alone. */
export function createOutboundPost({ allowPrivate, maxSockets, timeoutMs, ca, lookup }: OutboundPostOptions) {
  const options = {
    allowPrivateIPAddress: allowPrivate,
    keepAlive: true,
    maxSockets,
    ...(ca === undefined ? {} : { ca }),
    ...(lookup === undefined ? {} : { lookup }),
  };
  const agents = { http: new RequestFilteringHttpAgent(options), https: new RequestFilteringHttpsAgent(options) };

  return {
    /** Never rejects. */
    post(url: string, headers: Readonly<Record<string, string>>, body: string | Buffer | null): Promise<Posted> {
      return new Promise((resolve) => {
        const failed = (error: Error) => resolve({ status: null, error: error.message.slice(0, 200) });
        try {
          const isSecure = new URL(url).protocol === 'https:';
          const signal = AbortSignal.timeout(timeoutMs);
          const agent = isSecure ? agents.https : agents.http;
          const asking = (isSecure ? overHttps : overHttp)(url, { method: 'POST', headers, agent, signal });
          asking.on('error', failed);
          asking.on('response', (response) => {
            // What it says is not read: a status is an answer.
            response.on('error', () => {});
            response.resume();
            resolve({ status: response.statusCode ?? 0, retryAfterMs: retryAfterMs(response.headers['retry-after']) });
          });
          asking.end(body);
        } catch (error) {
          failed(error as Error);
        }
      });
    },
    close(): void {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}
export type OutboundPost = ReturnType<typeof createOutboundPost>;

/** Of a number of seconds; the header's other form, a date, is some other clock's. */
function retryAfterMs(header: string | undefined): number | null {
  const seconds = Number(header ?? Number.NaN);
  return seconds >= 0 ? seconds * 1_000 : null;
}
