import { useStrings } from '../i18n/LocaleProvider.tsx';
import { SignedIn } from './SignedIn.tsx';
import { useMyRooms } from './useMyRooms.ts';

export function UnreadCount({ count }: { readonly count: number }) {
  const strings = useStrings();
  if (count === 0) return null;
  return (
    <span className="unread">
      <span aria-hidden="true">{count > 99 ? '99+' : count}</span>
      <span className="hidden"> {strings.unread(count)}</span>
    </span>
  );
}

/** What is unread in one room; without `roomId`, in all of one's rooms. Nothing where nobody is signed in. */
export function MyUnreadCount({ roomId }: { readonly roomId?: string }) {
  return (
    <SignedIn>
      <Counted roomId={roomId} />
    </SignedIn>
  );
}

function Counted({ roomId }: { readonly roomId: string | undefined }) {
  const { rooms = [] } = useMyRooms();
  const counted = roomId === undefined ? rooms : rooms.filter((room) => room.roomId === roomId);
  return <UnreadCount count={counted.reduce((sum, { unread }) => sum + unread, 0)} />;
}
