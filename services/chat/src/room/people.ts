import type { Erasure } from '@gongu/shared';
import { tellCommitted } from './committed.ts';
import type { Emit } from './ports/emit.ts';
import type { PersonStore } from './ports/person-store.ts';

export interface PeopleOptions {
  readonly people: PersonStore;
  readonly emit: Emit;
}

/** What chat knows of people, and how it forgets them. */
export function createPeople({ people, emit }: PeopleOptions) {
  return {
    export: people.export,
    noteExport: people.noteExport,
    erase: people.erase,
    erasure: people.erasure,
    preview: people.preview,

    /**
     * One portion of the oldest erasure that can go on, and its rooms are told; null: there is none.
     * @throws AppError UNAVAILABLE, UNKNOWN_OUTCOME
     */
    async eraseSome(): Promise<Erasure | null> {
      const done = await people.erasePortion();
      if (done === null) return null;
      tellCommitted(emit, done.messages);
      return done.erasure;
    },

    /** Reads rows of before for whom they name, as long as there are some. @throws AppError UNAVAILABLE, UNKNOWN_OUTCOME */
    async fillAuthors(): Promise<void> {
      while (await people.fillAuthors());
    },
  };
}

export type People = ReturnType<typeof createPeople>;
