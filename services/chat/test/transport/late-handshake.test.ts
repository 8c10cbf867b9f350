import { createHttp, createLog } from '@gongu/host';
import { AppError } from '@gongu/shared';
import { expect, it } from 'vitest';
import { registerWebSocket } from '../../src/transport/websocket.ts';
import { rawUpgrade } from '../fixture/raw-http.ts';

it('an upgrade that is being identified when the service closes is refused with 503, not dropped', async () => {
  const app = createHttp({
    log: createLog({ service: 'test', level: 'silent' }),
    service: { name: 'test', description: '', version: '0' },
    allowedOrigins: '*',
    webSockets: true,
  });
  const waiting: (() => void)[] = [];
  const sockets = await registerWebSocket(app, {
    choose: () => null,
    refusal: (why) => new AppError(why === 'stopping' ? 'UNAVAILABLE' : 'VALIDATION_FAILED'),
    frameBytes: 1_000,
    payloadBytes: 1_000,
    heartbeatMs: 25_000,
    onRejected() {},
    onAccepted: () => expect.unreachable('it was let in'),
    onFailure() {},
  });
  sockets.mount('/ws', {
    identify: () => new Promise((resolve) => waiting.push(() => resolve(null))),
    accept: () => expect.unreachable('it was let in'),
  });
  const port = Number(new URL(await app.listen({ port: 0, host: '127.0.0.1' })).port);
  const answer = rawUpgrade(port, '/ws', { until: /never/ });
  await expect.poll(() => waiting.length).toBe(1);
  const closed = app.close();
  setTimeout(() => waiting[0]!(), 20);
  expect(await answer).toMatch(/^HTTP\/1.1 503 [\s\S]*\r\nconnection: close\r\n[\s\S]*"code":"UNAVAILABLE"/i);
  await closed;
});
