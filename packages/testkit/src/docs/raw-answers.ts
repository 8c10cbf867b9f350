import { connect } from 'node:net';

/** Requests that Node answers or drops by itself where nobody else does: what, the bytes, status and code of the answer. */
const REQUESTS: readonly (readonly [what: string, bytes: string, status: number, code: string | null])[] = [
  ['without Host', 'GET /healthz HTTP/1.1\r\n\r\n', 400, 'VALIDATION_FAILED'],
  ['with two Hosts', 'GET /healthz HTTP/1.1\r\nHost: x\r\nhost: y\r\n\r\n', 400, 'VALIDATION_FAILED'],
  ['by POST without Host', 'POST /nowhere HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}', 400, 'VALIDATION_FAILED'],
  ['in chunks without Host', 'PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n', 400, 'VALIDATION_FAILED'],
  ['by HEAD without Host', 'HEAD /healthz HTTP/1.1\r\n\r\n', 400, null],
  ['by OPTIONS without Host', 'OPTIONS * HTTP/1.1\r\n\r\n', 400, 'VALIDATION_FAILED'],
  [
    'for another protocol without Host',
    'GET /healthz HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
    400,
    'VALIDATION_FAILED',
  ],
  ['that expects something', 'GET /healthz HTTP/1.1\r\nHost: x\r\nExpect: money\r\n\r\n', 417, 'EXPECTATION_FAILED'],
  [
    'that expects something of its body',
    'POST /nowhere HTTP/1.1\r\nHost: x\r\nExpect: 200-ok\r\nContent-Length: 5\r\n\r\n',
    417,
    'EXPECTATION_FAILED',
  ],
  ['that is no line', 'NONSENSE\r\n\r\n', 400, 'VALIDATION_FAILED'],
  ['in TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400, 'VALIDATION_FAILED'],
  ['in HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'VALIDATION_FAILED'],
  ['in HTTP/9.9', 'GET / HTTP/9.9\r\nHost: x\r\n\r\n', 400, 'VALIDATION_FAILED'],
  ['without a path', 'GET  HTTP/1.1\r\nHost: x\r\n\r\n', 400, 'VALIDATION_FAILED'],
  ['by a method of nobody', 'EXPLODE /healthz HTTP/1.1\r\nHost: x\r\n\r\n', 405, 'METHOD_NOT_ALLOWED'],
  ['by get in small letters', 'get /healthz HTTP/1.1\r\nHost: x\r\n\r\n', 405, 'METHOD_NOT_ALLOWED'],
  ['by CONNECT', 'CONNECT shop.example:443 HTTP/1.1\r\nHost: shop.example\r\n\r\n', 405, 'METHOD_NOT_ALLOWED'],
  ['with a header that is none', 'GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n', 400, 'VALIDATION_FAILED'],
  ['with a NUL in a header', 'GET / HTTP/1.1\r\nHost: x\r\na: \0\r\n\r\n', 400, 'VALIDATION_FAILED'],
  [
    'with two lengths',
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}',
    400,
    'VALIDATION_FAILED',
  ],
  [
    'with a length and chunks',
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
    'VALIDATION_FAILED',
  ],
  ['with a length below zero', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n', 400, 'VALIDATION_FAILED'],
  ['with headers of 32 KiB', `GET / HTTP/1.1\r\nHost: x\r\na: ${'a'.repeat(32_768)}\r\n\r\n`, 413, 'TOO_LARGE'],
  ['with a path of a mebibyte', `GET /${'a'.repeat(1_048_576)} HTTP/1.1\r\nHost: x\r\n\r\n`, 413, 'TOO_LARGE'],
];

/**
 * Sends what is no good request of HTTP, each on a connection of its own that stays open, and lists the answers that are
 * no problem with the code that belongs to it, that may be kept or taken for something else, or after which the
 * connection goes on.
 */
export async function badRawAnswers(url: string): Promise<string[]> {
  const wrong: string[] = [];
  for (const [what, bytes, status, code] of REQUESTS) {
    const answer = await answerTo(Number(new URL(url).port), bytes);
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    const has = (line: string) => head.toLowerCase().split('\r\n').includes(line);
    const problems = [
      head.startsWith(`HTTP/1.1 ${status} `) || 'status',
      has('connection: close') || 'goes on',
      has('cache-control: no-store') || 'may be kept',
      has('x-content-type-options: nosniff') || 'sniffed',
      /\r\ncontent-type: application\/problem\+json(?:\r\n|;|$)/i.test(head) || 'type',
      /\r\nx-request-id: ./i.test(head) || 'no id',
      (code === null ? body === '' : isProblem(body, status, code)) || 'body',
    ].filter((one) => one !== true);
    if (problems.length > 0) wrong.push(`a request ${what}: ${problems.join(', ')}: ${answer.slice(0, 400)}`);
  }
  return wrong;
}

function isProblem(body: string, status: number, code: string): boolean {
  try {
    const problem = JSON.parse(body) as Record<string, unknown>;
    return problem.status === status && problem.code === code && typeof problem.requestId === 'string';
  } catch {
    return false;
  }
}

/** All that comes back, a character a byte, until the other side has closed; then with what went wrong, if something did. */
function answerTo(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'));
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.on('error', ({ message }) => {
      answer += `\n(${message})`;
    });
    socket.on('close', () => resolve(answer));
  });
}
