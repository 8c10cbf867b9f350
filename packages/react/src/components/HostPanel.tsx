import { type Participant, type Restriction, type Result, roomOrder } from '@gongu/client';
import { type FormEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useChatClient } from '../chat/chat-context.ts';
import type { ChatRoomHandle } from '../chat/useChatRoom.ts';
import { useToolStrings } from '../chat/useToolStrings.ts';
import { nameOf } from '../strings/name-of.ts';
import { AskFirst } from './AskFirst.tsx';
import { MuteDialog } from './MuteDialog.tsx';
import { ParticipantList } from './ParticipantList.tsx';

export interface HostPanelProps {
  readonly room: Omit<ChatRoomHandle, 'typing'>;
  readonly me: string | null;
}

/** Seconds of slow mode that are offered. */
const SLOW = [0, 5, 10, 30, 60, 300, 900, 3_600];

/** What the host and admins do to keep order in a room: its people, who is restricted, slow mode and notices. */
export function HostPanel({ room, me }: HostPanelProps) {
  const { roomId, participants, send, loadParticipants } = room;
  const strings = useToolStrings();
  const client = useChatClient();
  const order = useMemo(() => roomOrder(client, roomId), [client, roomId]);
  const [asks, setAsks] = useState<{ readonly what: 'mute' | 'ban' | 'remove'; readonly person: Participant } | null>(
    null,
  );
  const [shown, setShown] = useState<string | null>(null);
  const [said, setSaid] = useState('');
  const [restricted, setRestricted] = useState<readonly Restriction[] | null>(null);
  const slow = room.room?.slowModeSeconds ?? 0;
  const notice = useRef<HTMLTextAreaElement>(null);

  const load = useCallback(async () => {
    let cursor: string | undefined;
    const all: Restriction[] = [];
    do {
      const page = await order.restrictions(cursor);
      if (!page.ok) return setSaid(strings.error(page.error));
      all.push(...page.value.items);
      cursor = page.value.nextCursor ?? undefined;
    } while (cursor !== undefined);
    setRestricted(all);
  }, [order, strings]);
  // What another host or admin does is told by rows.
  const told = room.messages.findLast(isOfRestriction)?.seq ?? 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: with each of these rows
  useEffect(() => void load(), [load, told]);

  async function act(doing: Promise<Result<unknown>>): Promise<void> {
    const done = await doing;
    setSaid(done.ok ? strings.done : strings.error(done.error));
    await load();
  }

  function sendNotice(event: FormEvent): void {
    event.preventDefault();
    const content = notice.current?.value.trim() ?? '';
    if (content === '') return;
    const sent = send({ content, kind: 'NOTIFICATION' });
    setSaid(sent.ok ? strings.done : strings.error(sent.error));
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

  const done = () => {
    setAsks(null);
  };
  const about = asks && { userId: asks.person.userId, name: nameOf(asks.person) };
  return (
    <div className="gongu-host">
      <section aria-label={strings.hostPanel}>
        <label>
          {strings.slowModeLabel}{' '}
          <select value={slow} onChange={({ target }) => void act(order.setSlowMode(Number(target.value)))}>
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
          {restricted?.map(({ user, kind, until }) => (
            <li key={user.userId}>
              <span>
                <bdi>{nameOf(user)}</bdi> · {kind === 'BAN' ? strings.isBanned : strings.isMuted}
                {until !== null &&
                  ` ${strings.until(new Date(until).toLocaleString(strings.locale, { dateStyle: 'short', timeStyle: 'short' }))}`}
              </span>{' '}
              <button type="button" onClick={() => void act(order.unrestrict(user.userId))}>
                {strings.lift(nameOf(user))}
              </button>
            </li>
          ))}
        </ul>
      </section>
      {asks?.what === 'mute' && about && (
        <MuteDialog
          roomId={roomId}
          person={about}
          tell={(text) => {
            setSaid(text);
            void load();
          }}
          onClose={done}
        />
      )}
      {asks && asks.what !== 'mute' && about && (
        <AskFirst
          text={asks.what === 'ban' ? strings.askBan(about.name) : strings.askRemove(about.name)}
          yes={asks.what === 'ban' ? strings.ban(about.name) : strings.remove(about.name)}
          no={strings.cancel}
          onYes={() =>
            void act(asks.what === 'ban' ? order.restrict(about.userId, { kind: 'BAN' }) : order.remove(about.userId))
          }
          onClose={done}
        />
      )}
    </div>
  );
}

function isOfRestriction({ kind, data }: ChatRoomHandle['messages'][number]): boolean {
  const event = kind === 'SYSTEM' ? (data as { event?: string } | undefined)?.event : undefined;
  return event !== undefined && /^participant\.(?:un)?(?:muted|banned)$/.test(event);
}
