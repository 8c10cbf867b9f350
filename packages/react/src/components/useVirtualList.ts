import { Virtualizer, type VirtualizerOptions } from '@tanstack/virtual-core';
import { useLayoutEffect, useReducer, useRef, useState } from 'react';
import { flushSync } from 'react-dom';

/** What is near in a long list, and where it stands; renders its component with each change of that. */
export function useVirtualList<Box extends Element, Row extends Element>(
  options: Omit<VirtualizerOptions<Box, Row>, 'onChange'>,
): Virtualizer<Box, Row> {
  const [, render] = useReducer((times: number) => times + 1, 0);
  const isMeasuring = useRef(false);
  const all: VirtualizerOptions<Box, Row> = {
    ...options,
    onChange(_, isSync) {
      // What is measured as it comes into the page is rendered once React is through with that.
      if (isSync && !isMeasuring.current) flushSync(render);
      else render();
    },
  };
  const [list] = useState(() => {
    const made = new Virtualizer(all);
    const { measureElement } = made;
    made.measureElement = (row) => {
      isMeasuring.current = true;
      measureElement(row);
      isMeasuring.current = false;
    };
    return made;
  });
  list.setOptions(all);
  useLayoutEffect(() => list._didMount(), [list]);
  useLayoutEffect(() => list._willUpdate());
  return list;
}
