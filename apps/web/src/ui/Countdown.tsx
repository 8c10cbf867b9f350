import { useEffect, useState } from 'react';
import { remaining } from '../i18n/format.ts';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { useServices } from '../session/SessionProvider.tsx';

/** Time until a deadline, by the services' clock. The end itself is trade's to declare. */
export function Countdown({ deadline }: { readonly deadline: string }) {
  const strings = useStrings();
  const { clock } = useServices();
  const [nowMs, setNowMs] = useState(clock.now);
  useEffect(() => {
    const timer = setInterval(() => setNowMs(clock.now()), 1_000);
    return () => clearInterval(timer);
  }, [clock]);
  const left = remaining(Date.parse(deadline), nowMs);
  const text = left ? strings.remaining(left) : strings.ending;
  // A browser that translates the page puts its own text in place of this one, which would then stand still: each is new.
  return (
    <time className="countdown" dateTime={deadline} translate="no" data-soon={left !== null && left.days === 0}>
      <span className="hidden">{strings.timeLeft} </span>
      <span key={text}>{text}</span>
    </time>
  );
}
