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
const SECONDS = 10;

/**
 * Pages of 50 at places all over a room, in a small room and in one of a million messages, at a fixed rate. The
 * messages are put into the table by SQL, as appending a million of them would take minutes.
 */
export async function measureHistory(chat: Chat, scenario: Scenario, say: (text: string) => void) {
  const results: HistoryResult[] = [];
  const running = await chat.subject.start({
    ...{ instances: 1, connections: 1, label: 'history' },
    rooms: SIZES.map((size) => `bench-${size}`),
  });
  try {
    for (const size of SIZES) {
      const roomId = `bench-${size}`;
      const api = `http://127.0.0.1:${running.ports[0]}/api/chat/rooms/${roomId}`;
      const headers = { authorization: `Bearer ${chat.token('reader')}` };
      await fill(chat.databaseUrl, roomId, size); // before chat keeps anything of the room
      const joined = await fetch(`${api}/participants`, {
        ...{ method: 'POST', body: '{}' },
        headers: { ...headers, 'content-type': 'application/json' },
      });
      if (!joined.ok) throw new Error(`could not join: ${joined.status}`);
      const read = async (before: number) => {
        const answer = await fetch(`${api}/messages?limit=50&before=${before}`, { headers });
        const { messages } = (await answer.json()) as { messages: unknown[] };
        if (messages.length !== 50) throw new Error(`a page of ${messages.length}`);
      };
      for (let i = 0; i < 100; i++) await read(100 + ((i * 7_919) % (size - 100)));
      const latency = createLatency();
      const beganAt = performance.now();
      const answers: Promise<void>[] = [];
      for (let i = 0; i < scenario.rate * SECONDS; i++) {
        const dueAt = beganAt + (i * 1_000) / scenario.rate;
        const wait = dueAt - performance.now();
        if (wait > 0) await sleep(wait);
        const before = 100 + ((i * 7_919 * 13) % (size - 100));
        // From when it was due: a late start of ours counts as well.
        answers.push(read(before).then(() => latency.record(performance.now() - dueAt)));
      }
      await Promise.all(answers);
      const summary = latency.summary();
      say(`history: ${size} messages: p50 ${summary.p50Ms.toFixed(2)} ms, p99 ${summary.p99Ms.toFixed(2)} ms`);
      results.push({ messages: size, latency: summary });
    }
  } finally {
    await running.stop();
  }
  return results;
}

async function fill(databaseUrl: string, roomId: string, size: number): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(FILL, [roomId, size]);
  await client.query('VACUUM ANALYZE chat.messages');
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
