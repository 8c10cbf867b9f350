/** Where a person reads along. */
export interface Terminal {
  say(text: string): void;
  /** Something that person should look at. */
  warn(text: string): void;
}

/** @param out usually standard output @param err usually standard error */
export function createTerminal(out: NodeJS.WritableStream, err: NodeJS.WritableStream): Terminal {
  // A terminal that was closed, or a pipe that nobody reads any more, must not end what we supervise.
  for (const stream of [out, err]) stream.on('error', () => {});
  return {
    say: (text) => void out.write(`${text}\n`),
    warn: (text) => void err.write(`gongu: ${text}\n`),
  };
}
