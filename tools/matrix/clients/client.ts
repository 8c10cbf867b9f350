import type { Command, Workshop } from '../workshop.ts';

/** A library that people use, and a small program of ours that uses it as its documentation says. */
export interface Client {
  readonly name: string;
  readonly version: string;
  /** What it speaks, and over what. */
  readonly speaks: string;
  /**
   * Fetches and builds it. The command gets URL, token and room as further arguments; see `driveClient` for what it reads
   * and writes.
   *
   * @throws Missing naming what the machine does not have
   */
  prepare(workshop: Workshop): Promise<Command>;
}
