/** Something that was said or received, and when. */
export interface Moment {
  /** Milliseconds of the run's clock, that of the histories. */
  readonly atMs: number;
  readonly text: string;
}

export interface JournalOptions {
  /** Takes out of a text what must not be kept. */
  readonly clean: (text: string) => string;
  /** Texts that are kept of each client: the last ones. @default 60 */
  readonly textsKept?: number;
  /** Characters that are kept of each text of a client. @default 400 */
  readonly characters?: number;
}

/** What happened in a run: its own words, and the last texts that each client got. */
export function createJournal({ clean, textsKept = 60, characters = 400 }: JournalOptions) {
  const moments: Moment[] = [];
  const transcripts = new Map<string, Moment[]>();
  const now = (text: string): Moment => ({ atMs: Math.round(performance.now()), text });

  return {
    moments: moments as readonly Moment[],
    /** Cleaned when it is asked for. */
    transcripts(): ReadonlyMap<string, readonly Moment[]> {
      const tidy = ({ atMs, text }: Moment) => ({ atMs, text: clean(text) });
      return new Map([...transcripts].map(([client, texts]) => [client, texts.map(tidy)]));
    },
    note: (text: string) => void moments.push(now(text)),
    /** Takes what a client gets. */
    listener(client: string): (text: string) => void {
      const texts: Moment[] = [];
      transcripts.set(client, texts);
      return (text) => {
        texts.push(now(text.slice(0, characters)));
        if (texts.length > textsKept) texts.shift();
      };
    },
  };
}

export type Journal = ReturnType<typeof createJournal>;
