import { type ComponentType, useEffect, useRef, useState } from 'react';

export interface LazyPartProps<P extends object> {
  readonly load: () => Promise<ComponentType<P>>;
  readonly props: P;
  /** The code did not come. */
  readonly onFailed: () => void;
}

/**
 * A part whose code is loaded with its first use. Not React's `lazy`: that one never asks again for what did not come, and has
 * everything around it wait.
 */
export function LazyPart<P extends object>({ load, props, onFailed }: LazyPartProps<P>) {
  const [Part, setPart] = useState<ComponentType<P> | null>(null);
  const latest = useRef({ load, onFailed });
  latest.current = { load, onFailed };
  useEffect(() => {
    let isHere = true;
    latest.current.load().then(
      (part) => isHere && setPart(() => part),
      () => isHere && latest.current.onFailed(),
    );
    return () => {
      isHere = false;
    };
  }, []);
  return Part && <Part {...props} />;
}
