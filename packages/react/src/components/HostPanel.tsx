import { listRestrictions, type Participant, type Restriction, type Result } from '@gongu/client';
import { type FormEvent, useCallback, useEffect, useRef, useState } from 'react';
import { useChatClient } from '../chat/chat-context.ts';
import type { ChatRoomHandle } from '../chat/useChatRoom.ts';
import { useConnection } from '../chat/useConnection.ts';
import { useToolStrings } from '../chat/useToolStrings.ts';
import { nameOf } from '../strings/name-of.ts';
import { AskFirst } from './AskFirst.tsx';
import { MuteDialog } from './MuteDialog.tsx';
import { ParticipantList } from './ParticipantList.tsx';

export interface HostPanelProps {
  readonly room: Omit<ChatRoomHandle, 'typing'>;
  readonly me: string | null;
}

interface Restricted extends Pick<Restriction, 'kind' | 'until'> {
  readonly userId: string;
  readonly name: string;
}

/** Seconds of slow mode that are offered. */
const SLOW = [0, 5, 10, 30, 60, 300, 900, 3_600];

/** What the host and admins do to keep order in a room: its people, who is restricted, slow mode and notices. */
export function HostPanel({ room, me }: HostPanelProps) {
  const { roomId, participants, send, loadParticipants, changing } = room;
  const strings = useToolStrings();
  const client = useChatClient();
  const isReady = useConnection().status === 'ready';
  const [asks, setAsks] = useState<{ readonly what: 'mute' | 'ban' | 'remove'; readonly person: Participant } | null>(
    null,
  );
  const [shown, setShown] = useState<string | null>(null);
  const [said, setSaid] = useState('');
  const [restricted, setRestricted] = useState<readonly Restricted[] | null>(null);
  const slow = room.room?.slowModeSeconds ?? 0;
  const notice = useRef<HTMLTextAreaElement>(null);

  /** Names by user, also of those who are no longer there. */
  const names = useRef(new Map<string, string>());
  for (const person of participants) names.current.set(person.userId, nameOf(person));
  const asked = changing.filter(({ change, status }) => change.kind === 'restrict' && status !== 'failed');
  const latestAsked = useRef(asked);
  latestAsked.current = asked;
  const withAsked = useCallback(
    (list: readonly Restricted[]) =>
      latestAsked.current.reduce<readonly Restricted[]>((before, { change: { userId = '', restriction } }) => {
        const others = before.filter((each) => each.userId !== userId);
        if (!restriction) return others;
        const { kind, forMs } = restriction;
        const until = forMs === undefined ? null : new Date(Date.now() + forMs).toISOString();
        return [{ userId, name: names.current.get(userId) ?? userId, kind, until }, ...others];
      }, list),
    [],
  );
  const turn = useRef(0);
  const load = useCallback(async () => {
    const mine = ++turn.current;
    let cursor: string | undefined;
    const all: Restricted[] = [];
    do {
      const page = await listRestrictions(client, roomId, cursor);
      // It was asked for again since.
      if (mine !== turn.current) return;
      if (!page.ok) return setSaid(strings.error(page.error));
      all.push(
        ...page.value.items.map(({ user, kind, until }) => ({ userId: user.userId, name: nameOf(user), kind, until })),
      );
      cursor = page.value.nextCursor ?? undefined;
    } while (cursor !== undefined);
    setRestricted(withAsked(all));
  }, [client, roomId, strings, withAsked]);
  // What another host or admin does is told by rows.
  const told = room.messages.findLast(isOfRestriction)?.seq ?? 0;
  const askedIds = asked.map(({ clientMessageId }) => clientMessageId).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: with each of these rows, with what one asks oneself, and with the next connection
  useEffect(() => {
    setRestricted((before) => {
      const list = withAsked(before ?? []);
      // Whoever else there is has not been loaded.
      return before === null && list.length === 0 ? null : list;
    });
    // Without a connection it would only say so, over what waits for one.
    if (isReady) void load();
  }, [load, withAsked, told, askedIds, isReady]);

  // What waited for a connection does so no longer.
  // biome-ignore lint/correctness/useExhaustiveDependencies: with each change of the connection
  useEffect(() => setSaid(''), [isReady]);
  /** What is refused is told by the list of messages. */
  function tell(asked: Result<unknown>): void {
    setSaid(asked.ok ? (isReady ? strings.done : strings.sentLater) : strings.error(asked.error));
  }

  function sendNotice(event: FormEvent): void {
    event.preventDefault();
    const content = notice.current?.value.trim() ?? '';
    if (content === '') return;
    const sent = send({ content, kind: 'NOTIFICATION' });
    tell(sent);
    if (sent.ok) notice.current!.value = '';
  }

  function actionsOf(person: Participant) {
    if (person.userId === me || person.role === 'HOST') return null;
    const name = nameOf(person);
    const isShown = shown === person.userId;
    return (
      <>
        <button
          type="button"
          aria-label={strings.personActions(name)}
          aria-expanded={isShown}
          onClick={() => setShown(isShown ? null : person.userId)}
        >
          ⋯
        </button>
        {isShown && (
          <span className="gongu-person-actions">
            <button type="button" onClick={() => setAsks({ what: 'mute', person })}>
              {strings.mute(name)}
            </button>
            <button type="button" onClick={() => setAsks({ what: 'remove', person })}>
              {strings.remove(name)}
            </button>
            {/* Who bought can't be banned. */}
            {!person.committed && (
              <button type="button" data-danger="true" onClick={() => setAsks({ what: 'ban', person })}>
                {strings.ban(name)}
              </button>
            )}
          </span>
        )}
      </>
    );
  }

  const done = () => setAsks(null);
  const about = asks && { userId: asks.person.userId, name: nameOf(asks.person) };
  return (
    <div className="gongu-host">
      <section aria-label={strings.hostPanel}>
        <label>
          {strings.slowModeLabel}{' '}
          <select value={slow} onChange={({ target }) => tell(room.setSlowMode(Number(target.value)))}>
            {[...new Set([...SLOW, slow])]
              .sort((a, b) => a - b)
              .map((seconds) => (
                <option key={seconds} value={seconds}>
                  {seconds === 0 ? strings.none : strings.span(seconds * 1_000)}
                </option>
              ))}
          </select>
        </label>
        {room.you?.role === 'HOST' && (
          <form onSubmit={sendNotice}>
            <textarea
              ref={notice}
              className="gongu-line-field"
              rows={2}
              aria-label={strings.writeNotice}
              placeholder={strings.writeNotice}
            />
            <button type="submit">{strings.sendNotice}</button>
          </form>
        )}
        <p role="status">{said}</p>
      </section>
      <ParticipantList
        participants={participants}
        room={room.room}
        me={me}
        onLoadAll={() => void loadParticipants()}
        actionsOf={actionsOf}
      />
      <section aria-label={strings.restricted}>
        <h2>{strings.restricted}</h2>
        {restricted?.length === 0 && <p>{strings.nobodyRestricted}</p>}
        <ul>
          {restricted?.map(({ userId, name, kind, until }) => (
            <li key={userId}>
              <span>
                <bdi>{name}</bdi> · {kind === 'BAN' ? strings.isBanned : strings.isMuted}
                {until !== null &&
                  ` ${strings.until(new Date(until).toLocaleString(strings.locale, { dateStyle: 'short', timeStyle: 'short' }))}`}
              </span>{' '}
              <button type="button" onClick={() => tell(room.restrict(userId, null))}>
                {strings.lift(name)}
              </button>
            </li>
          ))}
        </ul>
      </section>
      {asks?.what === 'mute' && about && <MuteDialog room={room} person={about} tell={setSaid} onClose={done} />}
      {asks && asks.what !== 'mute' && about && (
        <AskFirst
          text={asks.what === 'ban' ? strings.askBan(about.name) : strings.askRemove(about.name)}
          yes={asks.what === 'ban' ? strings.ban(about.name) : strings.remove(about.name)}
          no={strings.cancel}
          onYes={() =>
            tell(asks.what === 'ban' ? room.restrict(about.userId, { kind: 'BAN' }) : room.remove(about.userId))
          }
          onClose={done}
        />
      )}
    </div>
  );
}

function isOfRestriction({ kind, data }: ChatRoomHandle['messages'][number]): boolean {
  const { event = '', reason } = (kind === 'SYSTEM' && (data as { event?: string; reason?: string } | undefined)) || {};
  // Of a member who is banned it is his removal that is told.
  return /^participant\.(?:un)?(?:muted|banned)$/.test(event) || reason === 'BANNED';
}
