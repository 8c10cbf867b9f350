import { PartBoundary } from '../loading/PartBoundary.tsx';
import { separatePart } from '../loading/separate-part.tsx';
import { useServices } from '../session/SessionProvider.tsx';
import type { UnreadOfProps } from './UnreadCount.tsx';

const { Part: UnreadOf } = separatePart(() => import('./UnreadCount.tsx').then(({ UnreadOf }) => UnreadOf));

/** What is unread. Nothing where nobody is signed in, and nothing of the conversations' code is loaded then. */
export function MyUnreadCount(props: UnreadOfProps) {
  const { session } = useServices();
  if (!session) return null;
  return (
    <PartBoundary of={session.userId} isQuiet>
      <UnreadOf {...props} />
    </PartBoundary>
  );
}
