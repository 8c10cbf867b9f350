import { useChoices } from '@gongu/react';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { SignedIn } from './SignedIn.tsx';
import { useTellUnread } from './told.tsx';
import { useMyRooms } from './useMyRooms.ts';

export function UnreadCount({ count }: { readonly count: number }) {
  const strings = useStrings();
  if (count === 0) return null;
  return (
    <span className="unread">
      <span aria-hidden="true">{count > 99 ? '99+' : count}</span>
      <span className="hidden">{` ${strings.unread(count)}`}</span>
    </span>
  );
}

export interface UnreadOfProps {
  /** One room alone. Default: all of one's rooms. */
  readonly roomId?: string;
  /** A room whose conversation is in sight, and tells of what is new by itself. */
  readonly except?: string | null;
  /** Tells the page's title. */
  readonly isTold?: boolean;
}

/** What is unread of who is signed in. */
export function UnreadOf(props: UnreadOfProps) {
  return (
    <SignedIn>
      <Counted {...props} />
    </SignedIn>
  );
}

function Counted({ roomId, except = null, isTold = false }: UnreadOfProps) {
  const { rooms = [] } = useMyRooms();
  // A muted room tells what is unread beside its own name only.
  const { muted } = useChoices();
  const isCounted = (id: string) => id !== except && (roomId === undefined ? !muted.includes(id) : id === roomId);
  const counted = rooms.filter((room) => isCounted(room.roomId));
  const count = counted.reduce((sum, { unread }) => sum + unread, 0);
  return (
    <>
      {isTold && <TellElsewhere count={count} />}
      <UnreadCount count={count} />
    </>
  );
}

function TellElsewhere({ count }: { readonly count: number }) {
  useTellUnread('elsewhere', count);
  return null;
}
