import { type ComponentType, useEffect, useRef, useState } from 'react';
import { useStrings } from '../chat/chat-context.ts';

export interface LazyPartProps<P extends object> {
  readonly load: () => Promise<ComponentType<P>>;
  readonly props: P;
  /** The code did not come. Default: it is said, and can be asked for again. */
  readonly onFailed?: () => void;
}

/**
 * A part whose code is loaded with its first use. Not React's `lazy`: that one never asks again for what did not come, and has
 * everything around it wait.
 */
export function LazyPart<P extends object>({ load, props, onFailed }: LazyPartProps<P>) {
  const strings = useStrings();
  const [Part, setPart] = useState<ComponentType<P> | null>(null);
  const [isFailed, setIsFailed] = useState(false);
  const latest = useRef({ load, onFailed });
  latest.current = { load, onFailed };
  useEffect(() => {
    if (isFailed) return;
    let isHere = true;
    latest.current.load().then(
      (part) => isHere && setPart(() => part),
      () => {
        if (!isHere) return;
        if (latest.current.onFailed) latest.current.onFailed();
        else setIsFailed(true);
      },
    );
    return () => {
      isHere = false;
    };
  }, [isFailed]);
  if (!isFailed) return Part && <Part {...props} />;
  return (
    <p role="alert">
      {strings.notLoaded}{' '}
      <button type="button" onClick={() => setIsFailed(false)}>
        {strings.tryAgain}
      </button>
    </p>
  );
}
