import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { inRepository } from '@gongu/testkit';
import type { Command, Workshop } from '../workshop.ts';
import type { Client } from './client.ts';

const SOURCES = inRepository('tools/matrix/clients/js');
const WS = 'ws@8.23.0';

interface Script {
  readonly name: string;
  readonly version: string;
  readonly speaks: string;
  /** File of `js/`, and its further arguments. */
  readonly file: string;
  readonly more?: readonly string[];
  /** Beside the library itself and `ws`. */
  readonly also?: readonly string[];
}

/** Run by this Node, with the library from npm. */
function javascript({ name, version, speaks, file, more = [], also = [] }: Script): Client {
  return {
    ...{ name, version, speaks },
    async prepare(workshop: Workshop): Promise<Command> {
      const packages = new Set([`${name}@${version}`, WS, ...also]);
      return scriptIn(await workshop.npm([...packages]), file, more);
    },
  };
}

/** The same program in a folder that has its library. @param folder with `node_modules` */
function scriptIn(folder: string, file: string, more: readonly string[]): Command {
  cpSync(SOURCES, folder, { recursive: true });
  return { program: process.execPath, args: [join(folder, file), ...more] };
}

const STOMP = (version: string, over: string, also: readonly string[] = []): Script => ({
  name: '@stomp/stompjs',
  version,
  speaks: `STOMP over ${over === 'plain' ? 'WebSocket' : `SockJS ${over}`}`,
  file: 'stompjs.mjs',
  more: [over],
  also,
});
const SOCKJS = (version: string, transport: string): Script => ({
  name: 'sockjs-client',
  version,
  speaks: `gongu.v1 over ${transport}`,
  file: 'sockjs.mjs',
  more: [transport],
});
const OVER = (name: string, version: string): Script => ({
  ...{ name, version, speaks: 'STOMP over WebSocket', file: 'stomp-over.mjs', more: [name] },
});
const STREAM = (name: string, version: string): Script => ({
  ...{ name, version, speaks: 'event stream', file: `${name.split('/').at(-1)}.mjs` },
});

/** What the end-to-end tests depend on: these are installed with the repository. */
const INSTALLED: readonly Script[] = [
  { name: 'ws', version: '8.23.0', speaks: 'gongu.v1 over WebSocket', file: 'ws.mjs' },
  STOMP('7.5.0', 'plain'),
  STOMP('7.5.0', 'xhr-streaming', ['sockjs-client@1.6.1']),
  SOCKJS('1.6.1', 'websocket'),
  SOCKJS('1.6.1', 'xhr-polling'),
  OVER('webstomp-client', '1.2.6'),
  STREAM('eventsource', '4.1.1'),
];

export const JAVASCRIPT: readonly Client[] = [
  ...INSTALLED,
  STOMP('6.1.2', 'plain'),
  STOMP('5.4.4', 'plain'),
  OVER('@stomp/stompjs', '4.0.8'),
  OVER('@stomp/stompjs', '3.1.2'),
  OVER('stompjs', '2.3.3'),
  SOCKJS('1.6.1', 'xhr-streaming'),
  SOCKJS('1.6.1', 'eventsource'),
  SOCKJS('1.0.3', 'websocket'),
  SOCKJS('1.0.3', 'xhr-streaming'),
  SOCKJS('1.0.3', 'xhr-polling'),
  STREAM('eventsource', '2.0.2'),
  STREAM('eventsource', '3.0.7'),
  STREAM('eventsource', '5.1.5'),
  STREAM('@microsoft/fetch-event-source', '2.0.1'),
].map(javascript);

/** The installed ones, without fetching anything. @param dir an empty folder */
export function installedClients(dir: string): readonly (Client & { command: Command })[] {
  mkdirSync(dir, { recursive: true });
  symlinkSync(inRepository('e2e/node_modules'), join(dir, 'node_modules'));
  return INSTALLED.map((script) => ({
    ...javascript(script),
    command: scriptIn(dir, script.file, script.more ?? []),
  }));
}
