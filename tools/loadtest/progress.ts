export interface ProgressOptions {
  /** Where it is shown; a bar where that is a terminal, else a line now and then. */
  readonly out: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  /** How far the phase is, 0 to 1, and what there is to say. Asked whenever it is shown. */
  readonly look: () => { readonly title: string; readonly done: number; readonly text: string };
  /** Milliseconds between lines where there is no terminal. @default 5_000 */
  readonly lineMs?: number;
}

const BAR_MS = 200;
const BAR_CHARS = 24;

/** Shows how far it is, until `end`. */
export function showProgress({ out, look, lineMs = 5_000 }: ProgressOptions) {
  const show = () => {
    const { title, done, text } = look();
    const share = Math.min(1, Math.max(0, done));
    if (!out.isTTY) return out.write(`${title} ${Math.round(share * 100)} %: ${text}\n`);
    const filled = Math.round(share * BAR_CHARS);
    const line = `${title.padEnd(8)} [${'#'.repeat(filled)}${'.'.repeat(BAR_CHARS - filled)}] ${text}`;
    return out.write(`\r\x1b[K${line.slice(0, (out.columns ?? 100) - 1)}`);
  };
  show();
  const timer = setInterval(show, out.isTTY ? BAR_MS : lineMs);
  return {
    /** Shows the last state, and ends the line. */
    end(): void {
      clearInterval(timer);
      show();
      if (out.isTTY) out.write('\n');
    },
  };
}
