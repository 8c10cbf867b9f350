import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Chat } from './chat.ts';
import { fill } from './history.ts';
import { interleaved } from './interleaved.ts';
import { type MeasureOptions, roomsOf, runLoad } from './measure.ts';
import type { RunningChat } from './subject.ts';

export interface SealingResult {
  /** Rows that were sealed per second while nobody wrote. */
  readonly alone: number;
  /** Rows per second while senders wrote as fast as they could, of each pair. */
  readonly beside: readonly number[];
  /** What the senders had acknowledged per second, to that of the same pair in which nothing was sealed. */
  readonly kept: readonly number[];
}

const ROOM = 'bench-clear';
const SIZE = 1_000_000;
/** Rows whose sealing is timed while nobody writes. */
const ALONE_ROWS = 50_000;
const LOAD = ['--window', '8', '--warmup', '1', '--duration', '4', '--check'];

/** How fast a million rows of before are sealed, and what it takes from those who write meanwhile: pairs, interleaved. */
export async function measureSealing(
  chat: Chat,
  options: Pick<MeasureOptions, 'generator' | 'scenario' | 'repeats' | 'say'>,
): Promise<SealingResult> {
  const { scenario, repeats, say } = options;
  const subject = chat.variant('gongu chat', { env: { CONTENT_ENCRYPTION: 'on' } });
  const rooms = [...roomsOf(scenario), ROOM];
  const running = await subject.start({ instances: 1, connections: scenario.connections, rooms, label: 'sealing' });
  const client = new pg.Client({ connectionString: chat.postgres.url });
  try {
    await client.connect();
    await fill(chat.postgres.url, ROOM, SIZE);
    const clear = createClearRoom(client);
    await runLoad(options, subject, running, LOAD); // compiled, caches filled
    await clear.resume();
    const alone = await clear.rowsPerSecond(() => clear.until(ALONE_ROWS));
    say(`sealing: ${alone.toFixed(0)} rows/s while nobody writes`);
    const pairs = Array.from({ length: repeats }, () => ({ clear: 0, sealing: 0, rows: 0 }));
    for (const [i, round] of interleaved(repeats, ['clear', 'sealing'] as const).entries()) {
      for (const turn of round) {
        const load = async () => {
          pairs[i]![turn] = await acknowledged(options, subject, running);
        };
        await (turn === 'clear' ? clear.pause() : clear.resume());
        await sleep(500);
        if (turn === 'clear') await load();
        else pairs[i]!.rows = await clear.rowsPerSecond(load);
      }
      const { rows, sealing, clear: without } = pairs[i]!;
      say(`sealing: ${rows.toFixed(0)} rows/s beside ${sealing} acknowledged/s, ${(sealing / without).toFixed(2)}`);
    }
    return {
      alone,
      beside: pairs.map(({ rows }) => rows),
      kept: pairs.map(({ sealing, clear: without }) => sealing / without),
    };
  } finally {
    await client.end();
    await running.stop();
  }
}

async function acknowledged(
  options: Pick<MeasureOptions, 'generator' | 'scenario' | 'say'>,
  subject: Parameters<typeof runLoad>[1],
  running: RunningChat,
): Promise<number> {
  const { steps } = await runLoad(options, subject, running, LOAD);
  return steps[0]!.acked_per_s ?? 0;
}

/** The room whose rows stand clear, as the database has it. */
function createClearRoom(client: pg.Client) {
  /** From where on its rows are clear. */
  let place = 1;
  let paused = true;

  async function read(): Promise<number> {
    const { rows } = await client.query<{ at: string | null }>(
      'SELECT clear_from AS at FROM chat.rooms WHERE room_id = $1',
      [ROOM],
    );
    if (rows[0]?.at == null) throw new Error('all rows are sealed: nothing is left to measure with');
    return Number(rows[0].at);
  }

  async function until(count: number): Promise<void> {
    const to = place + count;
    while ((await read()) < to) await sleep(20);
  }

  const set = (at: number | null) =>
    client.query('UPDATE chat.rooms SET clear_from = $2, sealing_until = NULL WHERE room_id = $1', [ROOM, at]);

  return {
    until,
    async pause(): Promise<void> {
      if (paused) return;
      place = await read();
      await set(null);
      paused = true;
    },
    /** Until it is at work again. */
    async resume(): Promise<void> {
      if (paused) await set(place);
      paused = false;
      await until(1);
      place = await read();
    },
    async rowsPerSecond(during: () => Promise<void>): Promise<number> {
      const beganAt = performance.now();
      const from = await read();
      await during();
      place = await read();
      return ((place - from) / (performance.now() - beganAt)) * 1_000;
    },
  };
}
