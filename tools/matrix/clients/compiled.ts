import { join } from 'node:path';
import { inRepository } from '@gongu/testkit';
import type { Client } from './client.ts';

/** Its programs, and how they are built there; the lock files beside them name every version. */
const source = (language: string) => inRepository('tools/matrix/clients', language);

const python = (name: string, version: string, speaks: string, file: string): Client => ({
  ...{ name, version, speaks },
  async prepare(workshop) {
    const folder = await workshop.build(source('python'), [
      ['python3', '-m', 'venv', 'venv'],
      ['venv/bin/pip', 'install', '--quiet', '--no-input', '--requirement', 'requirements.txt'],
    ]);
    return { program: join(folder, 'venv/bin/python'), args: ['-u', join(folder, file)] };
  },
});

const go = (name: string, version: string, speaks: string, main: string): Client => ({
  ...{ name, version, speaks },
  async prepare(workshop) {
    const folder = await workshop.build(source('go'), [['go', 'build', '-mod=readonly', '-o', 'bin/', './...']]);
    return { program: join(folder, 'bin', main), args: [] };
  },
});

const rust = (name: string, version: string, speaks: string): Client => ({
  ...{ name, version, speaks },
  async prepare(workshop) {
    const folder = await workshop.build(source('rust'), [['cargo', 'build', '--release', '--locked', '--quiet']]);
    return { program: join(folder, 'target/release/matrix'), args: [] };
  },
});

/** Java and Kotlin, one project of Maven. @param more arguments of the program */
const jvm = (name: string, version: string, speaks: string, main: string, ...more: string[]): Client => ({
  ...{ name, version, speaks },
  async prepare(workshop) {
    const folder = await workshop.build(source('java'), [
      ['mvn', '-q', '-B', 'package', 'dependency:copy-dependencies', '-DoutputDirectory=lib'],
    ]);
    const path = [join(folder, 'target/classes'), join(folder, 'lib/*')].join(':');
    return { program: 'java', args: ['-cp', path, `gongu.${main}`, ...more] };
  },
});
const STOMP = "Spring's WebSocketStompClient";

/** Libraries of other languages. */
export const COMPILED: readonly Client[] = [
  python('Python websockets', '17.4', 'gongu.v1 over WebSocket', 'gongu.py'),
  python('stomp.py', '9.0.0', 'STOMP over WebSocket', 'stomp_client.py'),
  python('httpx-sse', '0.4.3', 'event stream', 'stream.py'),
  go('coder/websocket', '1.8.15', 'gongu.v1 over WebSocket', 'gongu'),
  go('go-stomp', '3.1.5', 'STOMP over WebSocket', 'stomp'),
  rust('tungstenite', '0.28.0', 'gongu.v1 over WebSocket'),
  jvm('JDK HttpClient', '17', 'gongu.v1 over WebSocket', 'JdkSocket'),
  jvm(STOMP, '6.2.19', 'STOMP over WebSocket, with a scheduler', 'Spring', 'plain', 'scheduler'),
  jvm(STOMP, '6.2.19', 'STOMP over WebSocket, without a scheduler', 'Spring', 'plain', 'none'),
  jvm(
    "Spring's SockJsClient",
    '6.2.19',
    'STOMP over SockJS websocket, with a scheduler',
    'Spring',
    'sockjs-websocket',
    'scheduler',
  ),
  jvm(
    "Spring's SockJsClient",
    '6.2.19',
    'STOMP over SockJS xhr, with a scheduler',
    'Spring',
    'sockjs-xhr',
    'scheduler',
  ),
  jvm(
    "Spring's SockJsClient",
    '6.2.19',
    'STOMP over SockJS websocket, without a scheduler',
    'Spring',
    'sockjs-websocket',
    'none',
  ),
  jvm("Spring's SockJsClient", '6.2.19', 'STOMP over SockJS xhr, without a scheduler', 'Spring', 'sockjs-xhr', 'none'),
  jvm('krossbow', '8.2.0', 'STOMP over WebSocket', 'Krossbow'),
  jvm('okhttp-eventsource', '4.3.0', 'event stream', 'OkHttpStream'),
];
