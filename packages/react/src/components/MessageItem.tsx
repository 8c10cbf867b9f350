// Over 300 lines: one row of a conversation, whatever it is.
import { type Message, type Outgoing, type OutgoingChange, type SystemEvent, systemData } from '@gongu/client';
import { memo, type ReactNode, useEffect } from 'react';
import { useChat, useStrings } from '../chat/chat-context.ts';
import { isSame } from '../chat/is-same.ts';
import { shownName } from '../strings/name-of.ts';
import type { ChatStrings, SeveralStrings, SystemStrings } from '../strings/strings.ts';
import type { FilesPlace } from './files-place.ts';
import { LazyPart } from './LazyPart.tsx';
import { LinkedText, type LinkedTextProps } from './LinkedText.tsx';
import { MessageFiles } from './MessageFiles.tsx';
import { isOfProduct, isSaid, saidBy } from './message-actions.ts';
import type { MessageRow } from './message-rows.ts';
import type { ProductNoticeProps } from './ProductNotice.tsx';
import { Reactions, type ReactionsProps } from './Reactions.tsx';

/**
 * What a page puts into people's messages. It stands in elements of class `gongu-own`, in which the page's styles hold. The same
 * object with each rendering: another one renders every message.
 */
export interface MessageParts {
  /** Beside the name: a picture, a badge. */
  readonly sender?: (message: Message) => ReactNode;
  /** In place of the text, which people wrote: into text nodes. */
  readonly content?: (message: Message) => ReactNode;
  /** Below the text. */
  readonly below?: (message: Message) => ReactNode;
}

export interface MessageItemProps {
  readonly row: MessageRow;
  /** The list's tab stop: what is in it is reached by Tab from there. */
  readonly isStop: boolean;
  readonly hostId: string | null;
  /** How many others have read an own message. */
  readonly readBy: number;
  /** Its sender is ignored. */
  readonly isIgnored: boolean;
  /** So is that of the answered message. */
  readonly isQuotedIgnored: boolean;
  /** The answered message, where it is at hand. */
  readonly quoted: Message | null;
  readonly onRetry: (clientMessageId: string) => void;
  readonly onDiscard: (clientMessageId: string) => void;
  /** The names of those whom it mentions, one a line; and whether one is among them. */
  readonly mentioned: string;
  readonly mentionsMe: boolean;
  /** By what one has reacted oneself, with a blank between each. */
  readonly reacted: string;
  /** Absent: one may not. */
  readonly onReact?: ReactionsProps['onReact'];
  /** An own edit, deletion or report of it that is on its way, or was refused. */
  readonly change: OutgoingChange | null;
  /** Offers what can be done with a message. */
  readonly onMenu?: ((message: Message, from: HTMLElement) => void) | undefined;
  readonly isMenuOpen: boolean;
  /** Edits a message, from that text on; also one on its way. */
  readonly onEdit?: ((message: Message | Outgoing, content: string) => void) | undefined;
  readonly onQuote: (messageId: string) => void;
  /** Asks for the answered message, where it is not at hand. */
  readonly onLookUp: (messageId: string) => void;
  readonly parts?: MessageParts | undefined;
  readonly files: FilesPlace;
}

/** One row of a conversation. Whatever people wrote goes into text nodes, and nowhere else. */
export const MessageItem = memo(function MessageItem(props: MessageItemProps) {
  const { row } = props;
  const strings = useStrings();
  switch (row.kind) {
    case 'beginning':
      return <p className="gongu-line gongu-beginning">{strings.beginning}</p>;
    case 'day':
      return (
        <p className="gongu-line gongu-day">
          <time dateTime={row.at}>{dateOf(row.at, strings)}</time>
        </p>
      );
    case 'unread':
      return <p className="gongu-line gongu-unread">{strings.unreadBelow}</p>;
    case 'system':
      return <p className="gongu-line gongu-system">{systemText(row.message, strings, row.more)}</p>;
    case 'notice':
      return <Notice {...props} message={row.message} strings={strings} />;
    case 'outgoing':
      return <OutgoingMessage {...props} row={row} strings={strings} />;
    case 'chat':
      return <ChatMessage {...props} row={row} strings={strings} />;
  }
}, areSame);

/** The rows are made anew with each message; what is in one is not. */
function areSame({ row, ...a }: MessageItemProps, { row: other, ...b }: MessageItemProps): boolean {
  return isSame(row, other) && isSame(a, b);
}

function Notice(props: MessageItemProps & { message: Message; strings: ChatStrings }) {
  const { message, isStop, parts, strings } = props;
  return (
    <div className="gongu-notice">
      <strong className="gongu-badge">{strings.notice}</strong>
      {message.sender && <bdi className="gongu-name">{shownName(message.sender, strings)}</bdi>}
      <Content
        message={message}
        tabIndex={isStop ? 0 : -1}
        parts={parts}
        strings={strings}
        mentioned={props.mentioned}
        files={props.files}
      />
      {message.kind !== 'SYSTEM' && message.editedAt && !message.deletedAt && <span>{strings.edited}</span>}
      <Time at={message.createdAt} />
      <More {...props} />
      <Reactions {...props} own={props.reacted} tabIndex={isStop ? 0 : -1} />
      <ChangeState {...props} />
    </div>
  );
}

function ChatMessage(props: MessageItemProps & { row: Extract<MessageRow, { kind: 'chat' }>; strings: ChatStrings }) {
  const { row, isStop, hostId, readBy, parts, strings } = props;
  const tabIndex = isStop ? 0 : -1;
  const { message, isMine, isHead, isTail } = row;
  const { sender, createdAt } = message;
  const name = sender ? shownName(sender, strings) : '';
  return (
    <div className="gongu-message" data-mine={isMine} data-head={isHead}>
      {isHead && !isMine && (
        <p className="gongu-from">
          <bdi className="gongu-name">{name}</bdi>
          {sender?.userId === hostId && <span className="gongu-badge">{strings.host}</span>}
          {parts?.sender && <span className="gongu-own">{parts.sender(message)}</span>}
        </p>
      )}
      {/* Whoever listens hears the name with every message, not only with a group's first. */}
      {!(isHead && !isMine) && <span className="gongu-hidden">{isMine ? strings.you : name}</span>}
      <div className="gongu-bubble-line">
        <div className="gongu-bubble" data-mentions-me={props.mentionsMe}>
          {!props.isIgnored && <Quote {...props} of={message} />}
          {props.isIgnored ? (
            <p className="gongu-text gongu-deleted">{strings.ignored}</p>
          ) : (
            <Content
              message={message}
              tabIndex={tabIndex}
              parts={parts}
              strings={strings}
              mentioned={props.mentioned}
              files={props.files}
            />
          )}
        </div>
        <span className="gongu-meta">
          {message.kind !== 'SYSTEM' && message.editedAt && !message.deletedAt && <span>{strings.edited}</span>}
          {isMine && readBy > 0 && <span className="gongu-read">{strings.readBy(readBy)}</span>}
          {isTail && <Time at={createdAt} />}
          <More {...props} message={message} />
        </span>
      </div>
      {!props.isIgnored && <Reactions {...props} message={message} own={props.reacted} tabIndex={tabIndex} />}
      <ChangeState {...props} message={message} />
    </div>
  );
}

/** What it answers, if anything, which leads there. */
function Quote(props: MessageItemProps & { of: Message | Outgoing; strings: ChatStrings }) {
  const { of, quoted, onQuote, onLookUp, strings } = props;
  const { replyTo } = of;
  const isMissing = !quoted;
  useEffect(() => {
    if (replyTo && isMissing) onLookUp(replyTo);
  }, [isMissing, replyTo, onLookUp]);
  if (!replyTo) return null;
  return (
    <button type="button" className="gongu-quote" tabIndex={props.isStop ? 0 : -1} onClick={() => onQuote(replyTo)}>
      {!quoted ? (
        '…'
      ) : props.isQuotedIgnored ? (
        strings.ignored
      ) : isOfProduct(quoted) ? (
        <ToldByTrade message={quoted} />
      ) : (
        saidBy(quoted, strings, strings.deleted)
      )}
    </button>
  );
}

interface OfMessage extends MessageItemProps {
  readonly message: Message;
  readonly strings: ChatStrings;
}

/** The button for what can be done with a message; nothing where nothing can. */
function More({ message, isStop, onMenu, isMenuOpen, strings }: OfMessage) {
  if (!onMenu || !isSaid(message)) return null;
  return (
    <button
      type="button"
      className="gongu-more"
      tabIndex={isStop ? 0 : -1}
      aria-haspopup="menu"
      aria-expanded={isMenuOpen}
      aria-label={message.sender ? strings.actionsOf(shownName(message.sender, strings)) : strings.actionsOfNotice}
      onClick={({ currentTarget }) => onMenu(message, currentTarget)}
    >
      ⋯
    </button>
  );
}

/** What becomes of an own edit, deletion or report. */
function ChangeState({ message, change, isStop, onRetry, onDiscard, onEdit, strings }: OfMessage) {
  if (!change) return null;
  const isGone = !isSaid(message);
  const { status } = change;
  // A report is told to nobody but those who run the chat.
  const isQuiet = isGone || status === 'sent' || change.change.kind === 'report';
  if (status === 'failed') {
    return <LazyPart load={loadFailure} props={{ message, change, isStop, onRetry, onDiscard, onEdit }} />;
  }
  return isQuiet ? null : <p className="gongu-saving">{strings.saving}</p>;
}

const loadFailure = async () => (await import('./ChangeFailure.tsx')).ChangeFailure;

/** What was said: the text, or what the page makes of it. */
function Content({
  message,
  tabIndex,
  parts,
  files,
  strings,
  mentioned,
}: {
  message: Message;
  mentioned: string;
  tabIndex: number;
  parts: MessageParts | undefined;
  files: FilesPlace;
  strings: ChatStrings;
}) {
  // Nothing of it is there for a page to make something of.
  if (message.kind !== 'SYSTEM' && message.deletedAt)
    return <p className="gongu-text gongu-deleted">{strings.deleted}</p>;
  if (message.kind !== 'SYSTEM' && message.unreadable)
    return <p className="gongu-text gongu-deleted">{strings.unreadable}</p>;
  return (
    <>
      <MessageFiles of={message} place={files} tabIndex={tabIndex} />
      {isOfProduct(message) ? (
        <div className="gongu-text">
          <ToldByTrade message={message} />
        </div>
      ) : parts?.content ? (
        <div className="gongu-own">{parts.content(message)}</div>
      ) : (
        <Text text={message.content} names={mentioned} tabIndex={tabIndex} />
      )}
      {parts?.below && <div className="gongu-own">{parts.below(message)}</div>}
    </>
  );
}

/** What people wrote. Of another text it is another element, since a translated page's nodes are not React's. */
function Text(props: LinkedTextProps) {
  return (
    <p key={`${props.names} ${props.text}`} className="gongu-text">
      <LinkedText {...props} />
    </p>
  );
}

/** What the service told of the product, in the reader's language. */
export function ToldByTrade(props: ProductNoticeProps) {
  return <LazyPart load={loadProductNotice} props={props} />;
}

const loadProductNotice = async () => (await import('./ProductNotice.tsx')).ProductNotice;

function OutgoingMessage(
  props: MessageItemProps & { row: Extract<MessageRow, { kind: 'outgoing' }>; strings: ChatStrings },
) {
  const { row, isStop, onRetry, onDiscard, onEdit, mentioned, strings } = props;
  const { outgoing, isHead } = row;
  const tabIndex = isStop ? 0 : -1;
  const { status, content, kind } = outgoing;
  const says = { sending: strings.sending, sent: '', 'not-confirmed': strings.notConfirmed, failed: strings.failed };
  return (
    <div className="gongu-message" data-mine="true" data-head={isHead} data-status={status}>
      <span className="gongu-hidden">{strings.you}</span>
      <div className="gongu-bubble-line">
        <div className="gongu-bubble" data-notice={kind === 'NOTIFICATION'}>
          <Quote {...props} of={outgoing} />
          {(outgoing.files ?? outgoing.attachments) && (
            <LazyPart load={loadOutgoing} props={{ outgoing, place: props.files, tabIndex }} />
          )}
          <Text text={content} names={mentioned} tabIndex={tabIndex} />
        </div>
        <span className="gongu-meta">
          <span>{says[status]}</span>
          {(status === 'sending' || status === 'not-confirmed') && (
            <>
              {onEdit && (
                <button
                  type="button"
                  className="gongu-more"
                  tabIndex={tabIndex}
                  aria-label={strings.editMessage}
                  onClick={() => onEdit(outgoing, content)}
                >
                  ✎
                </button>
              )}
              <button
                type="button"
                className="gongu-more"
                tabIndex={tabIndex}
                aria-label={strings.discard}
                onClick={() => onDiscard(outgoing.clientMessageId)}
              >
                ×
              </button>
            </>
          )}
        </span>
      </div>
      {status === 'failed' && <LazyPart load={loadFailed} props={{ outgoing, tabIndex, onRetry, onDiscard, onEdit }} />}
    </div>
  );
}

const loadOutgoing = async () => (await import('./OutgoingFiles.tsx')).OutgoingFiles;
const loadFailed = async () => (await import('./OutgoingFailure.tsx')).OutgoingFailure;

function Time({ at }: { at: string }) {
  const text = useChat().timeOfDay.format(new Date(at));
  return (
    <time className="gongu-time" dateTime={at}>
      {text}
    </time>
  );
}

function dateOf(at: string, { locale }: ChatStrings): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'full' }).format(new Date(at));
}

type SaySeveral = (name: string, others: number, data: SystemEvent) => string;

/**
 * A SYSTEM message in the reader's language; one of a kind not known here as the server put it.
 *
 * @param more how many of its kind it stands for besides
 */
export function systemText(message: Message, strings: ChatStrings, more = 0): string {
  const data = systemData(message);
  if (!data || !Object.hasOwn(strings.system, data.event)) return message.content;
  const who = 'participant' in data ? data.participant : 'user' in data ? data.user : null;
  const name = who ? shownName(who, strings) : '';
  // Each takes its own event's data, which the compiler does not follow through the look-up.
  if (more > 0 && Object.hasOwn(strings.several, data.event)) {
    const saySeveral = strings.several[data.event as keyof SeveralStrings] as SaySeveral;
    return saySeveral(name, more, data);
  }
  const say = strings.system[data.event as keyof SystemStrings] as (name: string, data: SystemEvent) => string;
  return say(name, data);
}
