import { type ChatMessage, hasReacted, type Message, type OutgoingChange } from '@gongu/client';
import { useEffect, useState } from 'react';
import { useChatClient } from '../chat/chat-context.ts';
import type { ChatRoomHandle } from '../chat/useChatRoom.ts';
import { useConnection } from '../chat/useConnection.ts';
import { useToolStrings } from '../chat/useToolStrings.ts';
import { nameOf } from '../strings/name-of.ts';
import { AskFirst } from './AskFirst.tsx';
import { EmojiDialog } from './EmojiDialog.tsx';
import { type MenuEntry, MessageMenu, type MessageMenuProps } from './MessageMenu.tsx';
import { MuteDialog } from './MuteDialog.tsx';
import { type ActingContext, actingContext, isSaid, mayEdit, mayMute, mayReact } from './message-actions.ts';
import { wordsOf } from './ProductNotice.tsx';
import { ReactedDialog } from './ReactedDialog.tsx';
import { ReportDialog } from './ReportDialog.tsx';

export interface MessageToolsProps {
  readonly id: string;
  readonly room: Omit<ChatRoomHandle, 'typing'>;
  readonly me: string | null;
  /** Whose messages are not wanted. */
  readonly ignored: readonly string[];
  readonly onReply: ((message: Message) => void) | undefined;
  readonly onEdit: ((message: Message, content: string) => void) | undefined;
  readonly onReact: (seq: number, emoji: string, on: boolean) => void;
  /** The message whose menu is open, and where. */
  readonly menu: { readonly message: ChatMessage; readonly anchor: DOMRect } | null;
  readonly onClose: MessageMenuProps['onClose'];
  /** An own change that was refused, and is not seen at its message. */
  readonly refused: OutgoingChange | undefined;
  /** Shows for a moment how something went. */
  readonly tell: (text: string) => void;
}

/** What is asked, and of which message. */
interface Asked {
  readonly what: 'delete' | 'emoji' | 'reacted' | 'report' | 'mute';
  readonly seq: number;
  /** Who said it. */
  readonly person?: { readonly userId: string; readonly name: string };
}

/** What is most often meant, one press away. */
const USUAL = ['👍', '❤️', '😂', '😮', '😢', '🙏'];

/** What can be done with a message: the menu, and what it asks. Loaded with its first use. */
export function MessageTools(props: MessageToolsProps) {
  const { id, room, me, ignored, menu, onReply, onEdit, onReact, onClose, refused, tell } = props;
  const client = useChatClient();
  const { choices } = client;
  const strings = useToolStrings();
  const connection = useConnection();
  const [asks, setAsks] = useState<Asked | null>(null);
  const [reportIds, setReportIds] = useState<readonly string[]>([]);

  const { discard } = room;
  useEffect(() => {
    if (!refused) return;
    const { error, clientMessageId, change } = refused;
    const conflict = error?.code === 'CONFLICT' ? strings.conflicts[change.kind] : undefined;
    tell(`${strings.notChanged[change.kind] ?? ''} ${conflict ?? (error ? strings.error(error) : '')}`);
    discard(clientMessageId);
  }, [refused, discard, tell, strings]);

  // A report is thanked for once it is there. The room as it is now: what was just asked may not be rendered yet.
  const { changing } = client.room(room.roomId).getSnapshot();
  const statusOf = (id: string) =>
    changing.find(({ clientMessageId }) => clientMessageId === id)?.status ?? ('sent' as const);
  const isStored = reportIds.some((id) => statusOf(id) === 'sent');
  const isWaiting = reportIds.length > 0 && connection.status !== 'ready';
  const left = reportIds.filter((id) => !/^(?:sent|failed)$/.test(statusOf(id)));
  useEffect(() => {
    if (left.length < reportIds.length) setReportIds(left);
  });
  useEffect(() => {
    if (isStored) tell(strings.reported);
    else if (isWaiting) tell(strings.sentLater);
  }, [isStored, isWaiting, tell, strings]);

  const entries = menu ? entriesOf(menu.message) : [];
  const reactions = menu ? reactionsOf(menu.message) : undefined;
  const isEmpty = menu !== null && entries.length === 0 && !reactions;
  useEffect(() => {
    if (isEmpty) onClose(true);
  });

  function entriesOf(message: ChatMessage): MenuEntry[] {
    const context = actingContext(room, me, connection);
    const all: MenuEntry[] = [];
    const { seq, kind, sender, content } = message;
    const isOthers = kind === 'CHAT' && sender !== null && sender.userId !== me;
    const deletion: MenuEntry[] = mayDelete(message, context)
      ? [{ label: strings.delete, isDanger: true, act: () => setAsks({ what: 'delete', seq }) }]
      : [];
    if (isOthers && ignored.includes(sender.userId)) {
      const stop = { label: strings.stopIgnoring(nameOf(sender)), act: () => choices.ignore(sender.userId, false) };
      return [stop, ...deletion];
    }
    if (onReply) all.push({ label: strings.reply, act: () => onReply(message) });
    // There is none where the page was not loaded safely.
    if (navigator.clipboard) {
      const copy = () =>
        void navigator.clipboard.writeText(wordsOf(message, strings)).then(
          () => tell(strings.copied),
          () => tell(strings.notCopied),
        );
      all.push({ label: strings.copy, act: copy });
    }
    if (message.reactions) all.push({ label: strings.whoReacted, act: () => setAsks({ what: 'reacted', seq }) });
    if (isOthers) {
      all.push({ label: strings.ignore(nameOf(sender)), act: () => choices.ignore(sender.userId, true) });
    }
    if (onEdit && mayEdit(message, context)) all.push({ label: strings.edit, act: () => onEdit(message, content) });
    if (mayPin(message, context)) {
      const isPinned = room.room?.pinnedMessageIds?.includes(message.messageId) ?? false;
      all.push({ label: isPinned ? strings.unpin : strings.pin, act: () => void room.pin(seq, !isPinned) });
    }
    if (sender !== null && sender.userId !== me && context.isMember)
      all.push({ label: strings.report, act: () => setAsks({ what: 'report', seq }) });
    if (isOthers && mayMute(context) && sender.userId !== room.room?.hostId) {
      const person = { userId: sender.userId, name: nameOf(sender) };
      all.push({ label: strings.mute(person.name), act: () => setAsks({ what: 'mute', seq, person }) });
    }
    return [...all, ...deletion];
  }

  function reactionsOf(message: ChatMessage): MessageMenuProps['reactions'] {
    const isIgnored = message.kind === 'CHAT' && message.sender !== null && ignored.includes(message.sender.userId);
    if (isIgnored || !mayReact(actingContext(room, me, connection))) return undefined;
    const { seq } = message;
    return {
      label: strings.react,
      emojis: USUAL.map((emoji) => ({ emoji, isOn: hasReacted(room, message, emoji) })),
      onReact: (emoji, on) => onReact(seq, emoji, on),
      more: { label: strings.anotherEmoji, act: () => setAsks({ what: 'emoji', seq }) },
    };
  }

  const done = () => setAsks(null);
  return (
    <>
      {menu && !isEmpty && (
        <MessageMenu
          id={id}
          label={menu.message.sender ? strings.actionsOf(nameOf(menu.message.sender)) : strings.actionsOfNotice}
          anchor={menu.anchor}
          entries={entries}
          reactions={reactions}
          onClose={onClose}
        />
      )}
      {asks?.what === 'delete' && (
        <AskFirst
          text={strings.askDelete}
          yes={strings.delete}
          no={strings.keep}
          onYes={() => void room.delete(asks.seq)}
          onClose={done}
        />
      )}
      {asks?.what === 'report' && (
        <ReportDialog
          room={room}
          seq={asks.seq}
          onAsked={(id) => setReportIds((before) => [...before, id])}
          tell={tell}
          onClose={done}
        />
      )}
      {asks?.what === 'mute' && asks.person && (
        <MuteDialog room={room} person={asks.person} tell={tell} onClose={done} />
      )}
      {asks?.what === 'emoji' && <EmojiDialog onChosen={(emoji) => onReact(asks.seq, emoji, true)} onClose={done} />}
      {asks?.what === 'reacted' && <ReactedDialog roomId={room.roomId} seq={asks.seq} onClose={done} />}
    </>
  );
}

/** Whether it would be taken, as far as that is known here; the server decides. */
function mayPin(message: Message, { isHost, isAdmin, isReadOnly, editWindowS }: ActingContext): boolean {
  return isSaid(message) && (isHost || isAdmin) && !isReadOnly && editWindowS !== null;
}

/** As `mayPin`. One's own may be taken back also after one has left. */
function mayDelete(message: Message, context: ActingContext): boolean {
  const { me, isHost, isAdmin, isReadOnly, editWindowS } = context;
  if (!isSaid(message) || editWindowS === null) return false;
  return isHost || isAdmin || (!isReadOnly && message.sender !== null && message.sender.userId === me);
}
