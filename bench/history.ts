import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLatency, type LatencySummary } from '@gongu/testkit';
import pg from 'pg';
import type { Chat } from './chat.ts';
import type { Scenario } from './scenarios.ts';

export interface HistoryResult {
  readonly messages: number;
  readonly latency: LatencySummary;
}

const SIZES = [1_000, 1_000_000] as const;
const WARM_UP_SECONDS = 5;
const SECONDS = 10;

/**
 * Pages of 50 at places all over a room, in a small room and in one of a million messages, at a fixed rate. The
 * messages are put into the table by SQL, as appending a million of them would take minutes.
 */
export async function measureHistory(chat: Chat, scenario: Scenario, say: (text: string) => void) {
  const results: HistoryResult[] = [];
  const reader = createReader();
  const running = await chat.subject.start({
    ...{ instances: 1, connections: 1, label: 'history' },
    rooms: SIZES.map((size) => `bench-${size}`),
  });
  try {
    for (const size of SIZES) {
      const roomId = `bench-${size}`;
      const api = `http://127.0.0.1:${running.ports[0]}/api/chat/rooms/${roomId}`;
      const headers = { authorization: `Bearer ${chat.token('reader')}` };
      await fill(chat.postgres.url, roomId, size); // before chat keeps anything of the room
      const joined = await fetch(`${api}/participants`, {
        ...{ method: 'POST', body: '{}' },
        headers: { ...headers, 'content-type': 'application/json' },
      });
      if (!joined.ok) throw new Error(`could not join: ${joined.status}`);
      const read = async (before: number) => {
        const page = await reader.get(`${api}/messages?limit=50&before=${before}`, headers);
        const count = page.split('"messageId"').length - 1;
        if (count !== 50) throw new Error(`a page of ${count}`);
      };
      const latency = createLatency();
      const beganAt = performance.now() + WARM_UP_SECONDS * 1_000;
      const answers: Promise<void>[] = [];
      for (let i = -scenario.rate * WARM_UP_SECONDS; i < scenario.rate * SECONDS; i++) {
        const dueAt = beganAt + (i * 1_000) / scenario.rate;
        const wait = dueAt - performance.now();
        if (wait > 0) await sleep(wait);
        const before = 100 + ((Math.abs(i) * 7_919 * 13) % (size - 100));
        const answer = read(before);
        // From when it was due: a late start of ours counts as well.
        answers.push(i < 0 ? answer : answer.then(() => latency.record(performance.now() - dueAt)));
      }
      await Promise.all(answers);
      const summary = latency.summary();
      say(`history: ${size} messages: p50 ${summary.p50Ms.toFixed(2)} ms, p99 ${summary.p99Ms.toFixed(2)} ms`);
      results.push({ messages: size, latency: summary });
    }
  } finally {
    reader.close();
    await running.stop();
  }
  return results;
}

/** Not `fetch`: the reader shares its CPU with PostgreSQL, and what it costs would be measured as the server's. */
export function createReader() {
  const agent = new Agent({ keepAlive: true });
  return {
    get: (url: string, headers: Record<string, string>): Promise<string> =>
      new Promise((resolve, reject) => {
        get(url, { agent, headers }, (answer) => {
          let body = '';
          answer.setEncoding('utf8');
          answer.on('data', (part) => (body += part));
          answer.on('end', () => resolve(body));
          answer.on('error', reject);
        }).on('error', reject);
      }),
    close: () => agent.destroy(),
  };
}

/** Puts messages into a room, by SQL: before chat keeps anything of it. */
export async function fill(databaseUrl: string, roomId: string, size: number): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(FILL, [roomId, size]);
  await client.query('VACUUM ANALYZE chat.messages');
  // Else what is measured is how a million rows are written to disk.
  await client.query('CHECKPOINT');
  await client.end();
}

const FILL = `
  WITH room AS (
    UPDATE chat.rooms SET last_seq = last_seq + $2, last_chat_no = last_chat_no + $2 WHERE room_id = $1
    RETURNING last_seq - $2 AS seq, last_chat_no - $2 AS chat_no)
  INSERT INTO chat.messages (room_id, seq, chat_no, kind, sender_id, sender_nickname, client_message_id, content, created_at)
  SELECT $1, room.seq + n, room.chat_no + n, 'CHAT', 'writer', 'writer', 'c-' || n, rpad('message ' || n, 100, '.'),
         clock_timestamp()
  FROM room, generate_series(1, $2::bigint) n`;
