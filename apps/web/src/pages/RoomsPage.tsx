import type { Message } from '@gongu/client';
import { english, korean, MessageSearch, ProductNotice, systemText, useChoices } from '@gongu/react';
import { SignedIn } from '../chat/SignedIn.tsx';
import { UnreadCount } from '../chat/UnreadCount.tsx';
import { useMyRooms } from '../chat/useMyRooms.ts';
import { moment } from '../i18n/format.ts';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { Link } from '../routing/Link.tsx';
import { useNavigate } from '../routing/Router.tsx';
import { useServices } from '../session/SessionProvider.tsx';
import { Failure } from '../ui/Failure.tsx';
import { Loading } from '../ui/Loading.tsx';
import { PageTitle } from '../ui/PageTitle.tsx';
import { signInPath } from '../ui/paths.ts';

const STATUS = { ACTIVE: 'RECRUITING', CLOSED: 'CLOSED', CANCELLED: 'CANCELLED' } as const;

/** The conversations in which one is, and what is unread in them. */
export function RoomsPage() {
  const strings = useStrings();
  const { session, chat } = useServices();
  return (
    <div className="page">
      <PageTitle text={`${strings.roomsTitle} · ${strings.shop}`} />
      <h1>{strings.roomsTitle}</h1>
      {session && !chat && <Loading />}
      {session ? (
        <SignedIn>
          <Rooms />
        </SignedIn>
      ) : (
        <div className="empty">
          <p>{strings.roomsSignIn}</p>
          <Link className="button primary" to={signInPath('/rooms')}>
            {strings.signIn}
          </Link>
        </div>
      )}
    </div>
  );
}

function Rooms() {
  const strings = useStrings();
  const chatStrings = strings.locale === 'ko' ? korean : english;
  const go = useNavigate();
  const { rooms, error, retry } = useMyRooms({ withMessages: true });
  const { ignored } = useChoices();
  const isOfIgnored = ({ kind, sender }: Message) =>
    kind === 'CHAT' && sender !== null && ignored.includes(sender.userId);
  if (!rooms) return error ? <Failure error={error} retry={retry} /> : <Loading />;
  if (rooms.length === 0) {
    return (
      <div className="empty">
        <p>{strings.roomsEmpty}</p>
        <Link className="button" to="/">
          {strings.toProducts}
        </Link>
      </div>
    );
  }
  return (
    <>
      <div className="rooms-search">
        <MessageSearch
          roomId={null}
          onGoTo={({ roomId, seq }) => go(`/products/${encodeURIComponent(roomId)}?tab=chat&message=${seq}`)}
        />
      </div>
      <ul className="rooms">
        {rooms.map(({ roomId, title, status, unread, unreadMentions, lastMessage }) => (
          <li key={roomId} className="card room" data-room={roomId}>
            <div className="room-line">
              <h2>
                <Link to={`/products/${roomId}?tab=chat`}>
                  <bdi>{title}</bdi>
                </Link>
              </h2>
              <span className="badge" data-status={STATUS[status]}>
                {strings.statuses[STATUS[status]]}
              </span>
              {unreadMentions > 0 && <span className="badge">{strings.mentions(unreadMentions)}</span>}
              <UnreadCount count={unread} />
            </div>
            {lastMessage && (
              <p className="room-last">
                <span>
                  {lastMessage.kind === 'SYSTEM' ? (
                    systemText(lastMessage, chatStrings)
                  ) : (
                    <>
                      <bdi>{lastMessage.sender?.nickname ?? chatStrings.notice}</bdi>:{' '}
                      {lastMessage.deletedAt ? (
                        <span>{chatStrings.deleted}</span>
                      ) : isOfIgnored(lastMessage) ? (
                        <span>{chatStrings.ignored}</span>
                      ) : (
                        <ProductNotice message={lastMessage} />
                      )}
                    </>
                  )}
                </span>
                <time dateTime={lastMessage.createdAt}>{moment(lastMessage.createdAt, strings.locale)}</time>
              </p>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}
