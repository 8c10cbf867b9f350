export interface StoryOptions {
  readonly out: (text: string) => void;
  /** Milliseconds; any fixed beginning. */
  readonly nowMs: () => number;
  /** Ends the story between and within steps. */
  readonly stopping: AbortSignal;
}

/** A step ends with a short word for the table, or with the reason why it could not be shown here. */
export type StepResult = string | { readonly skipped: string };

interface Row {
  readonly title: string;
  readonly outcome: 'shown' | 'FAILED' | 'skipped' | 'not reached';
  readonly seconds: number;
  readonly note: string;
}

/** What is shown, told as it happens: a line with the time for everything, and a table at the end. */
export function createStory({ out, nowMs, stopping }: StoryOptions) {
  const startedAt = nowMs();
  const rows: Row[] = [];
  let broken = false;

  const say = (text: string) => out(`${((nowMs() - startedAt) / 1_000).toFixed(1).padStart(6)} s  ${text}`);

  return {
    say,

    /** Tells one step. After one that failed the others are not told: they would show its consequences only. */
    async step(title: string, run: () => Promise<StepResult>): Promise<void> {
      if (broken || stopping.aborted) {
        rows.push({ title, outcome: 'not reached', seconds: 0, note: '' });
        return;
      }
      out('');
      say(`${rows.length + 1}. ${title}`);
      const beganAt = nowMs();
      const end = (outcome: Row['outcome'], note: string) =>
        rows.push({ title, outcome, seconds: (nowMs() - beganAt) / 1_000, note });
      try {
        const result = await untilStopped(run(), stopping);
        if (typeof result === 'string') end('shown', result);
        else {
          say(`   skipped: ${result.skipped}`);
          end('skipped', result.skipped);
        }
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        broken = true;
        if (!stopping.aborted) say(`   FAILED: ${reason}`);
        end(stopping.aborted ? 'not reached' : 'FAILED', reason.split('\n')[0]!);
      }
    },

    get failed(): boolean {
      return rows.some(({ outcome }) => outcome === 'FAILED' || outcome === 'not reached');
    },

    /** One row for each step. */
    table(): string {
      const width = Math.max(...rows.map(({ title }) => title.length));
      return rows
        .map(({ title, outcome, seconds, note }, i) =>
          [
            `${i + 1}.`.padStart(4),
            title.padEnd(width),
            outcome.padEnd(11),
            `${seconds.toFixed(1)} s`.padStart(7),
            note,
          ].join('  '),
        )
        .map((line) => line.trimEnd())
        .join('\n');
    },
  };
}

export type Story = ReturnType<typeof createStory>;

/** What is under way may wait for things that stopping will never let happen. */
function untilStopped<T>(work: Promise<T>, stopping: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(new Error('stopped'));
    stopping.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => stopping.removeEventListener('abort', stop));
  });
}
