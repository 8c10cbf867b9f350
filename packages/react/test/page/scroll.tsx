import { useState } from 'react';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import { useHistoryScroll } from '../../src/index.ts';
import type { ScrollCase, ScrollOutcome, ScrollStep } from '../fixture/scroll-case.ts';
import { keepNoTraces } from './no-traces.ts';
import './page.css';

keepNoTraces();

interface Row {
  readonly key: string;
  readonly seq: number;
  readonly heightPx: number;
}

interface Shown {
  readonly rows: readonly Row[];
  readonly boxPx: number;
}

const row = (seq: number): Row => ({ key: `row-${seq}`, seq, heightPx: 24 + ((seq * 53) % 11) * 16 });
const rowsFrom = (first: number, count: number) => Array.from({ length: count }, (_, i) => row(first + i));
const loaded = () => Promise.resolve({ ok: true });

interface ListProps {
  readonly startKey: string | null;
  readonly first: Shown;
  readonly isSure: boolean;
  readonly hold: (set: Change) => void;
}

function List({ startKey, first, isSure, hold }: ListProps) {
  const [{ rows, boxPx }, setShown] = useState(first);
  hold((change) => flushSync(() => setShown(change)));
  const scroll = useHistoryScroll({
    rows,
    ...{ hasOlder: false, hasNewer: false, loadOlder: loaded, loadNewer: loaded, startKey },
    shapeOf: (index) => (isSure || rows[index]!.seq % 3 > 0 ? `${rows[index]!.heightPx}` : 'any'),
  });
  return (
    <div
      id="place"
      ref={scroll.scrollerRef as React.Ref<HTMLDivElement>}
      style={{ height: boxPx, position: 'relative' }}
    >
      <div style={{ height: scroll.totalPx, position: 'relative' }}>
        {scroll.items.map(({ key, index, start }) => (
          <p
            key={key}
            id={`${key}`}
            ref={scroll.measureRef}
            data-index={index}
            style={{
              ...{ position: 'absolute', top: 0, margin: 0, width: '100%' },
              height: rows[index]?.heightPx,
              transform: `translateY(${start}px)`,
            }}
          >
            {key}
          </p>
        ))}
      </div>
    </div>
  );
}

type Change = (change: (shown: Shown) => Shown) => void;

function changed(step: ScrollStep): (shown: Shown) => Shown {
  return ({ rows, boxPx }) => {
    const [first, last] = [rows[0]!.seq, rows.at(-1)!.seq];
    switch (step.do) {
      case 'prepend':
        return { boxPx, rows: [...rowsFrom(first - step.count, step.count), ...rows] };
      case 'append':
        return { boxPx, rows: [...rows, ...rowsFrom(last + 1, step.count)] };
      case 'box':
        return { boxPx: step.px, rows };
      case 'picture': {
        const seq = first + (step.at % rows.length);
        return {
          boxPx,
          rows: rows.map((each) => (each.seq === seq ? { ...each, heightPx: each.heightPx + 90 } : each)),
        };
      }
    }
  };
}

const frames = async (count: number) => {
  for (let i = 0; i < count; i++) await new Promise(requestAnimationFrame);
};

/** Plays a case from its first row on; where its reader is at the end of it. */
async function play({ start, count, steps, isSure = false }: ScrollCase): Promise<ScrollOutcome> {
  const root = createRoot(document.getElementById('root')!);
  let change: Change = () => undefined;
  let shown: Shown = { rows: [], boxPx: 0 };
  const hold = (set: Change) => {
    change = set;
  };
  const first = { rows: rowsFrom(10_000, count), boxPx: 400 };
  const startKey = start.at === 'row' ? `row-${10_000 + start.index}` : null;
  flushSync(() => root.render(<List startKey={startKey} first={first} isSure={isSure} hold={hold} />));
  const place = document.getElementById('place')!;
  const topOf = (row: Element | null) => row && row.getBoundingClientRect().top - place.getBoundingClientRect().top;
  let read: { readonly id: string; readonly topPx: number } | null = null;
  if (start.at === 'away') {
    await frames(4);
    place.scrollTop -= start.upPx;
    // As long as he scrolls, rows may move under him.
    await frames(20);
    // The one at the upper edge: what grows in it grows downwards.
    const row = [...place.querySelectorAll('[data-index]')].find(
      (each) => topOf(each)! + each.getBoundingClientRect().height > 0,
    )!;
    read = { id: row.id, topPx: topOf(row)! };
  }
  for (const step of steps) {
    await frames(step.afterFrames);
    change((before) => {
      shown = changed(step)(before);
      return shown;
    });
  }
  await frames(8);
  const told = {
    fromEndPx: place.scrollHeight - place.scrollTop - place.clientHeight,
    fromTopPx: startKey === null ? null : topOf(document.getElementById(startKey)),
    tooLongPx: place.scrollHeight - shown.rows.reduce((sum, { heightPx }) => sum + heightPx, 0),
    movedPx: read && topOf(document.getElementById(read.id))! - read.topPx,
  };
  root.unmount();
  return told;
}

Object.assign(globalThis, { play });
