import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLatency, type LatencySummary } from '@gongu/testkit';
import pg from 'pg';
import type { Chat } from './chat.ts';
import { createReader } from './history.ts';
import type { Scenario } from './scenarios.ts';

export interface SearchResult {
  readonly what: string;
  readonly latency: LatencySummary;
}

const ROOM = 'bench-search';
const SIZE = 1_000_000;
/** Words that two messages have each. */
const WORDS = 400;
const WARM_UP_SECONDS = 2;
const SECONDS = 20;
/** New rows, after which a room is indexed. */
const DUE = 250;

/** The word of that number, of syllables that the other texts do not have. */
function rareWord(i: number): string {
  return String.fromCharCode(53_432 + i, 53_432 + ((i * 7) % 1_700), 53_432 + ((i * 13) % 1_700));
}

/**
 * Searches in a room of a million messages, one after the other at a fixed rate, once its index is written: words of two
 * messages each, words that nobody said, and two syllables that are often said. Texts are 40 syllables, few of which are
 * frequent and most rare.
 */
export async function measureSearch(chat: Chat, scenario: Scenario, say: (text: string) => void) {
  const running = await chat.subject.start({ instances: 1, connections: 1, rooms: [ROOM], label: 'search' });
  const reader = createReader();
  const client = new pg.Client({ connectionString: chat.postgres.url });
  const api = `http://127.0.0.1:${running.ports[0]}/api/chat/rooms/${ROOM}`;
  const headers = { authorization: `Bearer ${chat.token('reader')}` };
  const post = async (path: string, body: object) => {
    const init = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' } };
    const answer = await fetch(api + path, { ...init, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`POST ${path}: ${answer.status}`);
    await answer.arrayBuffer();
  };
  try {
    await client.connect();
    await fill(client);
    say(`search: ${SIZE} messages are there`);
    await post('/participants', {});
    const beganAt = performance.now();
    for (let i = 0; i < DUE; i++) await post('/messages', { clientMessageId: randomUUID(), content: `new ${i}` });
    await indexed(client);
    const indexedPerSecond = (SIZE / (performance.now() - beganAt)) * 1_000;
    say(`search: indexed by ${indexedPerSecond.toFixed(0)} a second`);
    await client.query('VACUUM ANALYZE chat.search_grams');
    await client.query('CHECKPOINT');
    const kinds: SearchResult[] = [];
    for (const [what, word, hits] of [
      ['a word of two messages', rareWord, 2],
      ['a word that nobody said', (i: number) => rareWord(i) + rareWord(i + 1), 0],
      ['two syllables that are often said', () => '가각', 20],
    ] as const) {
      const latency = createLatency();
      for (let i = -scenario.rate * WARM_UP_SECONDS; i < scenario.rate * SECONDS; i++) {
        const dueAt = performance.now() + 1_000 / scenario.rate;
        const q = encodeURIComponent(word((i + WORDS) % WORDS));
        const askedAt = performance.now();
        const page = await reader.get(`${api}/search?q=${q}`, headers);
        if (i >= 0) latency.record(performance.now() - askedAt);
        const count = page.split('"messageId"').length - 1;
        if (count !== hits) throw new Error(`${what}: ${count} hits in place of ${hits}`);
        const wait = dueAt - performance.now();
        if (wait > 0) await sleep(wait);
      }
      const summary = latency.summary();
      say(`search: ${what}: p50 ${summary.p50Ms.toFixed(2)} ms, p99 ${summary.p99Ms.toFixed(2)} ms`);
      kinds.push({ what, latency: summary });
    }
    return { indexedPerSecond, kinds };
  } finally {
    reader.close();
    await client.end();
    await running.stop();
  }
}

/** Until the index has all that was there before the new rows. */
async function indexed(client: pg.Client): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ at: string }>(
      'SELECT indexed_seq AS at FROM chat.search_rooms WHERE room_id = $1',
      [ROOM],
    );
    if (Number(rows[0]?.at ?? 0) >= SIZE) return;
    await sleep(500);
  }
}

async function fill(client: pg.Client): Promise<void> {
  await client.query(FILL, [ROOM, SIZE, SIZE / (2 * WORDS), WORDS]);
  await client.query('VACUUM ANALYZE chat.messages');
  // Else what is measured is how a million rows are written to disk.
  await client.query('CHECKPOINT');
}

const FILL = `
  WITH room AS (
    UPDATE chat.rooms SET last_seq = last_seq + $2, last_chat_no = last_chat_no + $2 WHERE room_id = $1
    RETURNING last_seq - $2 AS seq, last_chat_no - $2 AS chat_no)
  INSERT INTO chat.messages (room_id, seq, chat_no, kind, sender_id, sender_nickname, client_message_id, content, created_at)
  SELECT $1, room.seq + n, room.chat_no + n, 'CHAT', 'writer', 'writer', 'c-' || n,
    (SELECT string_agg(chr(44032 + floor(9400 * power(random(), 4))::int), '') FROM generate_series(1, 40) WHERE n > 0)
      || CASE WHEN n % $3 = 0 THEN chr(53432 + (n / $3 % $4)::int) || chr(53432 + (n / $3 % $4 * 7 % 1700)::int)
        || chr(53432 + (n / $3 % $4 * 13 % 1700)::int) ELSE '' END,
    clock_timestamp()
  FROM room, generate_series(1, $2::bigint) n`;
