/// <reference path="./http-ece.d.ts" />
import { createECDH, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer } from 'node:https';
import ece from 'http_ece';
import { makeCertificates } from './certificates.ts';

/** What came to a device. */
export interface TestPush {
  readonly headers: IncomingHttpHeaders;
  /** Decrypted with the device's own keys. */
  readonly text: string;
}

/** A device as a browser's `PushSubscription` describes it. */
export interface TestDevice {
  readonly endpoint: string;
  readonly keys: { readonly p256dh: string; readonly auth: string };
  /** What has come, in order. */
  readonly pushes: readonly TestPush[];
  /** With which statuses the next requests are answered; 201 where there are none. 0: no answer at all. */
  answers: { status: number; headers?: Record<string, string> }[];
  /** Requests, also those that were not answered with 201. */
  requests: number;
}

export interface TestPushService {
  /** The authority's certificate, PEM: a path, for `NODE_EXTRA_CA_CERTS`. */
  readonly ca: string;
  device(): TestDevice;
  close(): Promise<void>;
}

/** A push service (RFC 8030) on 127.0.0.1, over TLS with a certificate of its own authority. Needs `openssl`. */
export async function startPushService(): Promise<TestPushService> {
  const certificates = makeCertificates();
  const { cert, key } = certificates.issue('push', ['IP:127.0.0.1']);
  const devices = new Map<string, TestDevice & { take(body: Buffer, headers: IncomingHttpHeaders): void }>();
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const device = devices.get(request.url ?? '');
      if (!device) return void response.writeHead(404).end();
      device.requests++;
      const { status, headers } = device.answers.shift() ?? { status: 201 };
      if (status === 201) device.take(Buffer.concat(parts), request.headers);
      if (status !== 0) response.writeHead(status, headers).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };

  return {
    ca: certificates.ca,
    device() {
      const pair = createECDH('prime256v1');
      const p256dh = pair.generateKeys('base64url');
      const auth = randomBytes(16).toString('base64url');
      const path = `/push/${randomUUID()}`;
      const pushes: TestPush[] = [];
      const device = {
        endpoint: `https://127.0.0.1:${port}${path}`,
        ...{ keys: { p256dh, auth }, pushes, answers: [], requests: 0 },
        take(body: Buffer, headers: IncomingHttpHeaders) {
          const plain = ece.decrypt(body, { version: 'aes128gcm', privateKey: pair, dh: p256dh, authSecret: auth });
          pushes.push({ headers, text: plain.toString() });
        },
      };
      devices.set(path, device);
      return device;
    },
    async close() {
      server.close();
      server.closeAllConnections();
      certificates.remove();
    },
  };
}
