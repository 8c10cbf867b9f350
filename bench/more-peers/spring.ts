import { join } from 'node:path';
import { inRepository } from '@gongu/testkit';
import { emptyDatabase, type Postgres } from '../database.ts';
import { startProgram } from '../program.ts';
import { type Subject, TEXT } from '../subject.ts';
import type { MorePeer } from './more-peer.ts';

/** As in bench/peers/spring/pom.xml. */
const VERSION = '3.5.16';

/**
 * Spring Boot's simple broker over STOMP, with the channels that come with it: they change the order of what a sender
 * says at once. It acknowledges nothing, so its ingest is counted by one's own message, which comes after the INSERT.
 */
export const spring: MorePeer = {
  name: `Spring Boot ${VERSION}`,
  needs: ['java', 'mvn'],
  async prepare(workshop) {
    const folder = await workshop.build({
      name: `spring-${VERSION}`,
      source: inRepository('bench/peers/spring'),
      command: ['mvn', '-q', '-B', 'package'],
    });
    const java = ['java', '-Xmx2g', '-jar', join(folder, 'target/peer.jar')] as const;
    const speech = [
      ...['--path', '/ws', '--header', 'Sec-WebSocket-Protocol: v12.stomp'],
      ...['--hello', inRepository('bench/hello/spring.txt'), '--publish'],
      'SEND\\ndestination:/app/chat/{room}\\ncontent-type:application/json\\n\\n' +
        `{"type":"message","user":"{pub}","text":"${TEXT}"}\\0`,
    ];
    const common = { ours: false, from: [200, 2_000] } as const;
    const plain: Subject = {
      ...common,
      label: 'Spring, nothing stored',
      name: `Spring Boot ${VERSION}, simple broker, storing nothing`,
      speech,
      start: startProgram((port) => ({ command: java, env: { SERVER_PORT: String(port) } })),
    };
    const jdbc = (postgres: Postgres, ingest: boolean): Subject => ({
      ...common,
      label: 'Spring, jdbc',
      name: `Spring Boot ${VERSION}, simple broker, one INSERT per message`,
      speech: ingest ? [...speech, '--ack', '~T'] : speech,
      start: startProgram(
        async (port) => ({
          command: java,
          env: {
            SERVER_PORT: String(port),
            SPRING_PROFILES_ACTIVE: 'jdbc',
            ...datasource(await emptyDatabase(postgres, 'peer_spring')),
          },
        }),
        [`pg:${postgres.pid}`],
      ),
    });
    return (kind, postgres) => {
      const ingest = kind === 'ingest';
      return ingest ? [jdbc(postgres, true)] : [jdbc(postgres, false), plain];
    };
  },
};

function datasource(url: string): Record<string, string> {
  const { username, password, host, pathname } = new URL(url);
  return {
    SPRING_DATASOURCE_URL: `jdbc:postgresql://${host}${pathname}`,
    SPRING_DATASOURCE_USERNAME: username,
    SPRING_DATASOURCE_PASSWORD: decodeURIComponent(password),
  };
}
