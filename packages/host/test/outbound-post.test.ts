import { createServer } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createOutboundPost } from '../src/http/outbound-post.ts';

let asked = 0;
const receiver = createServer((_, response) => {
  asked += 1;
  response.end();
});
beforeAll(() => new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve)));
afterAll(() => void receiver.close());

/** Posts to a name that leads to the first of these, then to the next. */
async function postTo(allowPrivate: boolean, answers: readonly (readonly string[])[]) {
  let lookups = 0;
  const lookup: LookupFunction = (_name, options, callback) => {
    const addresses = answers[Math.min(lookups++, answers.length - 1)]!.map((address) => ({
      address,
      family: address.includes(':') ? 6 : 4,
    }));
    if (options.all) callback(null, addresses);
    else callback(null, addresses[0]!.address, addresses[0]!.family);
  };
  const outbound = createOutboundPost({ allowPrivate, maxSockets: 1, timeoutMs: 5_000, lookup });
  const before = asked;
  const { port } = receiver.address() as AddressInfo;
  const answer = await outbound.post(`http://changing.example:${port}/`, {}, '{}');
  outbound.close();
  return { answer, lookups, asked: asked - before };
}

it.each([
  [['127.0.0.1']],
  [['10.1.2.3']],
  [['169.254.169.254']],
  [['::1']],
  [['fe80::1']],
  [['fd00::1']],
  [['::ffff:127.0.0.1']],
  [['0.0.0.0']],
  // One that may be beside one that may not.
  [['8.8.8.8', '127.0.0.1']],
])('a name that leads to %j is refused as it is connected to, and is not looked up again', async (addresses) => {
  expect(await postTo(false, [addresses, ['127.0.0.1']])).toEqual({
    ...{ answer: { status: null, error: expect.stringContaining('not allowed') }, lookups: 1, asked: 0 },
  });
});

it('what was judged is what is connected to, whatever the name leads to a moment later', async () => {
  const answer = { status: 200, retryAfterMs: null };
  expect(await postTo(true, [['127.0.0.1'], ['203.0.113.1']])).toEqual({ answer, lookups: 1, asked: 1 });
});
