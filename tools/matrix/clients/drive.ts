import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { callAs } from '@gongu/sim';
import { tcpProxy } from '@gongu/testkit';
import type { Command } from '../workshop.ts';

/** Who is there, and where. */
export interface Stage {
  /** Chat. */
  readonly url: string;
  /** Opens a room and returns its id. */
  readonly openRoom: () => Promise<string>;
  readonly userToken: (sub: string) => string;
}

/** One JSON line of a client: `{"saw":"message","seq","content","sender"}`, `{"saw":"over"}`, or anything for people. */
interface Seen {
  readonly saw: string;
  readonly seq?: number;
  readonly content?: string;
  readonly sender?: string | null;
}

/** A virtual machine starts, and a client's pause before its next try may be long. */
const ANSWER_MS = 40_000;
const END_MS = 10_000;
/** More than the 32 KiB and the 8,192 characters that some clients take for a frame. */
const MISSED = 16;
const MISSED_TEXT = '가나다라마바사 '.repeat(150);
/** What escapes, quotes, colons and pairs of surrogates are in. */
const GREETING = '안녕하세요 👋🏽 "<b>&amp;</b>" \\c 10:30 \\n';

/**
 * Drives a client: it connects and joins, hears another, says something itself, is cut off while 16 messages come, comes
 * back to all of them, says something again, and ends when its standard input does. Lines that it gets there are texts to
 * say. What it saw must be the room, each message once and in order.
 *
 * @returns what it did, step by step @throws Error naming the step that it failed at
 */
export async function driveClient(command: Command, stage: Stage): Promise<readonly string[]> {
  const roomId = await stage.openRoom();
  const proxy = await tcpProxy({ target: stage.url });
  const room = `${stage.url}/api/chat/rooms/${roomId}`;
  const other = stage.userToken('other');
  const post = (path: string, body: object) => callAs({ method: 'POST', url: room + path, token: other, body });
  let said = 0;
  const say = async (content: string) => {
    const { status, code } = await post('/messages', { clientMessageId: `other-${++said}`, content });
    if (status !== 201) throw new Error(`the other one was answered with ${status} ${code}`);
  };

  const { program, args, cwd, env } = command;
  const child = spawn(program, [...args, proxy.through(stage.url).replace(/\/$/, ''), stage.userToken('ann'), roomId], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const record = recordOf(child);
  const done: string[] = [];
  const step = async (name: string, work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      throw new Error(`${name}: ${(error as Error).message}`);
    }
    done.push(name);
  };
  const speak = async (content: string) => {
    child.stdin.write(`${content}\n`);
    await record.until(`its own "${content}"`, (one) => one.content === content && one.sender === 'ann');
  };

  try {
    await post('/participants', {});
    await step('connects and joins', () => record.until('the first message', ({ seq }) => seq === 1));
    await step('hears', async () => {
      await say(GREETING);
      await record.until('the greeting', ({ content }) => content === GREETING);
    });
    await step('says', () => speak(GREETING.replace('안녕', '안녕히')));
    await step('comes back without loss', async () => {
      await proxy.refuse();
      proxy.cut();
      for (let i = 1; i <= MISSED; i++) await say(`${i} ${MISSED_TEXT}`);
      await proxy.pass();
      await record.until('what was missed', ({ content }) => content === `${MISSED} ${MISSED_TEXT}`);
      const wrong = record.messages().findIndex(({ seq }, i) => seq !== i + 1);
      const seqs = record.messages().map(({ seq }) => seq);
      if (wrong >= 0) throw new Error(`in place ${wrong + 1} stands another message: ${seqs.join(' ')}`);
    });
    await step('says again', () => speak('돌아왔습니다'));
    await step('ends', async () => {
      child.stdin.end();
      const code = await Promise.race([record.exited, after(END_MS)]);
      if (code !== 0) throw new Error(code === undefined ? 'it did not end' : `it ended with ${code}`);
    });
    return done;
  } finally {
    child.kill('SIGKILL');
    await record.exited;
    await proxy.close();
  }
}

/** What a client has written so far. */
function recordOf(child: ChildProcess) {
  const seen: Seen[] = [];
  let words = '';
  let wake = () => {};
  let end: number | null | undefined;
  const take = (line: string) => {
    try {
      const value: unknown = JSON.parse(line);
      if (typeof value === 'object' && value !== null && 'saw' in value) seen.push(value as Seen);
      else words += `${line}\n`;
    } catch {
      words += `${line}\n`;
    }
    wake();
  };
  for (const stream of [child.stdout!, child.stderr!]) createInterface({ input: stream }).on('line', take);
  const exited = new Promise<number | null>((resolve) => {
    const over = (code: number | null) => {
      end = code;
      wake();
      resolve(code);
    };
    child.once('error', (error) => {
      words += error.message;
      over(-1);
    });
    child.once('close', over);
  });
  child.stdin!.on('error', () => {}); // it ended, which is told elsewhere
  const messages = () => seen.filter(({ saw }) => saw === 'message');
  const state = () => {
    const last = seen.slice(-4).map((one) => JSON.stringify(one).slice(0, 120));
    return `it saw ${messages().length} messages, last: ${last.join(' ') || 'nothing'}; it wrote: ${words.slice(-1_200)}`;
  };

  return {
    exited,
    messages,
    async until(what: string, holds: (message: Seen) => boolean): Promise<void> {
      const found = new Promise<boolean>((resolve) => {
        wake = () => {
          if (messages().some(holds)) resolve(true);
          else if (end !== undefined) resolve(false);
        };
        wake();
      });
      const came = await Promise.race([found, after(ANSWER_MS)]);
      wake = () => {};
      if (came) return;
      const why = came === undefined ? `${what} did not come in ${ANSWER_MS / 1_000} s` : `it ended with ${end}`;
      throw new Error(`${why}; ${state()}`);
    },
  };
}

function after(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, ms, undefined).unref());
}
