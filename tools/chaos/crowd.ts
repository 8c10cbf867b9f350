import { createRandom, type Participant, PROTOCOLS, type Random, startTalker } from '@gongu/sim';
import { type TcpProxy, tcpProxy } from '@gongu/testkit';
import type { Journal } from './journal.ts';
import { PACKAGE, startPackageTalker } from './package-talker.ts';
import { startPasserBy } from './passer-by.ts';
import type { ChaosSystem } from './system/chaos-system.ts';

export interface CrowdOptions {
  readonly system: ChaosSystem;
  readonly journal: Journal;
  readonly seed: number;
}

/** One who stays all the time, behind a network of his own. */
export interface Regular extends Participant {
  readonly network: TcpProxy;
}

/** A user's token ends in the middle of the run now and then. */
const SHORT_TOKEN = 0.15;

/** Every protocol, and the client package with a WebSocket and with event streams. */
const KINDS = PROTOCOLS.length + 2;

/** All clients of a run. */
export function createCrowd({ system, journal, seed }: CrowdOptions) {
  const { auth, witness, fronts } = system;
  const all: Participant[] = [];
  const networks: TcpProxy[] = [];
  const passersBy: { leave(): void }[] = [];
  const goneVisitors: string[] = [];
  const neverOnline: string[] = [];
  const texts = new Map<string, string>();
  const intern = (text: string) => {
    const known = texts.get(text);
    if (known === undefined) texts.set(text, text);
    return known ?? text;
  };

  function enter(fields: { number: number; userId: string; roomId: string; url: string; random: Random }): Participant {
    const { number, userId, roomId, url, random } = fields;
    const kind = number % KINDS;
    const options = {
      userId,
      roomId,
      url,
      random,
      client: `${PROTOCOLS[kind]?.name ?? PACKAGE}, ${userId}`,
      secret: witness.secret,
      intern,
      token() {
        const seconds = random.chance(SHORT_TOKEN) ? random.between(20, 60) : 3_600;
        return auth.signUser({ userId, nickname: userId }, seconds);
      },
    };
    const protocol = PROTOCOLS[kind];
    if (protocol?.isSilent) neverOnline.push(userId);
    const participant = protocol
      ? startTalker({ ...options, protocol, onText: journal.listener(options.client) })
      : startPackageTalker({ ...options, streams: kind > PROTOCOLS.length });
    all.push(participant);
    return participant;
  }

  return {
    all: all as readonly Participant[],
    /** One of those who stay. */
    async regular(number: number, roomId: string): Promise<Regular> {
      const network = await tcpProxy({ target: fronts[number % fronts.length]! });
      networks.push(network);
      const userId = `user-${number}`;
      const random = createRandom(seed).fork(userId);
      const participant = enter({ number, userId, roomId, url: `http://127.0.0.1:${network.port}`, random });
      // Getters of the participant stay what they are.
      return Object.defineProperty(participant as Regular, 'network', { value: network });
    },
    /** One who comes for a product that is on sale. */
    visitor(number: number, roomId: string): Participant {
      const userId = `visitor-${number}`;
      const random = createRandom(seed).fork(userId);
      return enter({ number, userId, roomId, url: `http://127.0.0.1:${fronts[number % fronts.length]}`, random });
    },
    /** One without a token, who never comes back. Goes by himself after `forMs`. */
    passerBy(roomId: string, forMs: number): void {
      const number = passersBy.length;
      const client = `passer-by ${number}`;
      const passerBy = startPasserBy({
        ...{ client, roomId, intern, secret: witness.secret, onText: journal.listener(client) },
        url: `http://127.0.0.1:${fronts[number % fronts.length]}`,
        onKnown(participant) {
          all.push(participant);
          goneVisitors.push(participant.userId);
        },
      });
      passersBy.push(passerBy);
      setTimeout(passerBy.leave, forMs).unref();
    },
    /** Those of them who came: all of them are gone once `sendAway` was called. */
    goneVisitors: goneVisitors as readonly string[],
    /** Those whom no instance can take for online. */
    neverOnline: neverOnline as readonly string[],
    sendAway(): void {
      for (const passerBy of passersBy) passerBy.leave();
    },
    async leave(): Promise<void> {
      for (const passerBy of passersBy) passerBy.leave();
      for (const participant of all) participant.leave();
      await Promise.all(networks.map((network) => network.close()));
    },
  };
}

export type Crowd = ReturnType<typeof createCrowd>;
