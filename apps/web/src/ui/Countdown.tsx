import { useEffect, useState } from 'react';
import { remaining } from '../i18n/format.ts';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { useServices } from '../session/SessionProvider.tsx';

/** Time until a deadline, by the server's clock as far as it is known. The end itself is the service's to declare. */
export function Countdown({ deadline }: { readonly deadline: string }) {
  const strings = useStrings();
  const { chat } = useServices();
  const [nowMs, setNowMs] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  const offsetMs = chat?.connection.getSnapshot().clockOffsetMs ?? 0;
  const left = remaining(Date.parse(deadline), nowMs + offsetMs);
  return (
    <time className="countdown" dateTime={deadline} data-soon={left !== null && left.days === 0}>
      <span className="hidden">{strings.timeLeft} </span>
      {left ? strings.remaining(left) : strings.ending}
    </time>
  );
}
