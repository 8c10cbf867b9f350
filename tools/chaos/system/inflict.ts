import { setTimeout as sleep } from 'node:timers/promises';
import type { TcpProxy } from '@gongu/testkit';
import { type Fault, type FaultKind, targetOf } from '../plan/faults.ts';
import type { ChaosSystem } from './chaos-system.ts';

/** What a fault needs of a client. */
export interface Victim {
  readonly network: TcpProxy;
  readonly roomId: string;
  say(characters: number): void;
  setClock(skewMs: number): void;
}

export interface InflictOptions {
  readonly system: ChaosSystem;
  readonly victims: readonly Victim[];
  readonly say: (text: string) => void;
  /** Written down, and not shown. */
  readonly note: (text: string) => void;
}

/** Bytes a second of a reader that has as good as stopped. */
const FROZEN_BYTES = 1;
/** About 9 kB of UTF-8. */
const LONG_CHARACTERS = 3_900;

/** Breaks things, and mends them when their time is over. */
export function createInflictor({ system, victims, say, note: write }: InflictOptions) {
  const { chats, trade, database, redis, redisLinks, buses, postgresLinks, tradeToChat, note } = system;
  const counts = new Map<FaultKind, number>();
  /** What goes on with each target: one thing after the other. */
  const busy = new Map<string, Promise<void>>();
  let healing = new AbortController();

  /** Until a fault is over, or everything is healed. */
  const wait = (ms: number) => sleep(ms, undefined, { signal: healing.signal }).catch(() => {});

  /**
   * One thing after the other for each target: two at a time would undo each other, and a connection that was half-open
   * would go on with a part of its bytes missing, which no network does.
   */
  function inTurn(target: string, task: () => Promise<void>): Promise<void> {
    const under = (busy.get(target) ?? Promise.resolve()).then(task);
    under.catch(() => {}); // `heal` waits for it, and hears of it
    busy.set(target, under);
    return under;
  }

  async function link(proxy: TcpProxy, how: (proxy: TcpProxy) => void, forMs: number): Promise<void> {
    how(proxy);
    await wait(forMs);
    await proxy.pass();
  }

  /** A half-open connection ends when the way is free again: what was sent meanwhile is gone. */
  async function halfOpen(proxy: TcpProxy, forMs: number): Promise<void> {
    proxy.blackHole();
    await wait(forMs);
    proxy.cut();
    await proxy.pass();
  }

  async function break_(fault: Fault): Promise<void> {
    switch (fault.kind) {
      case 'chat-killed':
      case 'chat-drained':
        await (fault.kind === 'chat-killed' ? chats[fault.instance]!.kill() : chats[fault.instance]!.drain());
        await wait(fault.forMs);
        return chats[fault.instance]!.start();
      case 'chat-frozen':
        chats[fault.instance]!.freeze();
        await wait(fault.forMs);
        return chats[fault.instance]!.thaw();
      case 'trade-killed':
        await trade.kill();
        await wait(fault.forMs);
        return trade.start();
      case 'trade-frozen':
        trade.freeze();
        await wait(fault.forMs);
        return trade.thaw();
      case 'redis-restarted-empty':
      case 'redis-stopped':
        await redis!.kill();
        await wait(fault.forMs);
        await redis!.restart();
        return note('redis', redis!.pid);
      case 'redis-frozen':
        redis!.pause();
        await wait(fault.forMs);
        return redis!.resume();
      case 'redis-cut':
        return redisLinks[fault.instance]!.cut();
      case 'redis-half-open':
        return halfOpen(redisLinks[fault.instance]!, fault.forMs);
      case 'redis-slow':
        return link(redisLinks[fault.instance]!, (proxy) => proxy.delay(fault.delayMs), fault.forMs);
      case 'bus-doubled':
      case 'bus-reordered':
      case 'bus-dropped':
        buses[fault.instance]!.set(fault.kind.slice('bus-'.length) as 'doubled');
        await wait(fault.forMs);
        return buses[fault.instance]!.set('pass');
      case 'postgres-restarted':
        return database.restart(fault.forMs);
      case 'postgres-crashed':
        return database.crash(fault.forMs);
      case 'postgres-cut':
        return postgresLinks[fault.link]!.cut();
      case 'postgres-half-open':
        return halfOpen(postgresLinks[fault.link]!, fault.forMs);
      case 'postgres-slow':
        return link(postgresLinks[fault.link]!, (proxy) => proxy.delay(fault.delayMs), fault.forMs);
      case 'trade-to-chat-cut':
        return tradeToChat.cut();
      case 'trade-to-chat-half-open':
        return halfOpen(tradeToChat, fault.forMs);
      default:
        if (fault.kind === 'clients-flooded') flood(fault.clients, fault.messages);
        await Promise.all(fault.clients.map((i) => inTurn(`client ${i}`, () => hit(victims[i]!, fault))));
    }
  }

  /** Long texts in the rooms of some clients, from the others there. */
  function flood(clients: readonly number[], messages: number): void {
    const frozen = new Set(clients);
    for (const roomId of new Set(clients.map((i) => victims[i]!.roomId))) {
      const others = victims.filter((victim, i) => victim.roomId === roomId && !frozen.has(i));
      for (let i = 0; i < messages && others.length > 0; i++) others[i % others.length]!.say(LONG_CHARACTERS);
    }
  }

  async function hit(
    { network, setClock }: Victim,
    fault: Extract<Fault, { clients: readonly number[] }>,
  ): Promise<void> {
    switch (fault.kind) {
      case 'clients-cut':
        return network.cut();
      case 'clients-half-open':
        return halfOpen(network, fault.forMs);
      case 'clients-frozen':
      case 'clients-flooded':
        return link(network, (proxy) => proxy.throttle(FROZEN_BYTES), fault.forMs);
      case 'clients-slow':
        return link(network, (proxy) => proxy.throttle(fault.bytesPerSecond), fault.forMs);
      case 'clients-clock-wrong':
        return setClock(fault.skewMs);
    }
  }

  return {
    counts: counts as ReadonlyMap<FaultKind, number>,
    /** Begins; what it is, and for how long, the fault says. */
    inflict(fault: Fault): void {
      counts.set(fault.kind, (counts.get(fault.kind) ?? 0) + 1);
      const { kind, ...details } = fault;
      say(`${kind} ${'clients' in details ? `${details.clients.length} clients` : JSON.stringify(details)}`);
      const target = targetOf(fault);
      const name = target ?? `clients ${counts.get(kind)} ${kind}`;
      const inWords = `${kind} ${JSON.stringify(details)}`;
      void inTurn(name, async () => {
        write(`begins: ${inWords}`);
        await break_(fault);
        write(`is over: ${inWords}`);
      });
    },
    /** Ends all faults, and waits until everything runs and lets everything through. @throws what could not be mended */
    async heal(): Promise<void> {
      healing.abort();
      await Promise.all(busy.values());
      busy.clear();
      healing = new AbortController();
      for (const { network, setClock } of victims) {
        await network.pass();
        setClock(0);
      }
    },
  };
}
