import type { ProductChange } from '@gongu/shared';

export interface ProductEventsOptions {
  /** `GET /api/products/events` of trade. */
  readonly url: string;
  readonly onChange: (change: ProductChange) => void;
  /** Changes may have been missed since what is shown was read: read it again. */
  readonly onReset: () => void;
  readonly onState: (isLive: boolean) => void;
}

/** Milliseconds before the first own try after a refusal, doubling up to the second. A lost connection the browser renews. */
const AGAIN_MS = 1_000;
const AGAIN_MAX_MS = 30_000;

/**
 * Seats and status as they change, while the page is in sight: a browser has few connections to one host, and a hidden page
 * needs none of them. Whatever it missed is read again.
 *
 * @returns the way to stop
 */
export function listenToProducts({ url, onChange, onReset, onState }: ProductEventsOptions): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let waitMs = AGAIN_MS;

  function open(): void {
    clearTimeout(timer);
    source?.close();
    const opened = new EventSource(url);
    source = opened;
    opened.addEventListener('open', () => {
      waitMs = AGAIN_MS;
      onState(true);
    });
    // A stream does not know what came before it, the first one neither: it may begin long after the page was read.
    opened.addEventListener('ready', onReset);
    opened.addEventListener('reset', onReset);
    opened.addEventListener('product', ({ data }) => onChange(JSON.parse(data as string) as ProductChange));
    opened.addEventListener('error', () => {
      onState(false);
      if (opened.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(open, Math.random() * waitMs);
      waitMs = Math.min(AGAIN_MAX_MS, waitMs * 2);
    });
  }
  function close(): void {
    clearTimeout(timer);
    source?.close();
    source = null;
  }
  function look(): void {
    if (document.visibilityState === 'hidden') close();
    else if (!source) open();
  }
  // The browser alone would go on with its own, longer waits.
  const online = () => void (source && open());

  look();
  document.addEventListener('visibilitychange', look);
  addEventListener('online', online);
  return () => {
    document.removeEventListener('visibilitychange', look);
    removeEventListener('online', online);
    close();
  };
}
