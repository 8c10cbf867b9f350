import { type KeyboardEvent, type ReactNode, useId, useRef } from 'react';
import { MyUnreadCount } from '../chat/MyUnreadCount.tsx';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { PartBoundary } from '../loading/PartBoundary.tsx';
import { separatePart } from '../loading/separate-part.tsx';
import { useSearchParams } from '../routing/Router.tsx';
import { PageTitle } from './PageTitle.tsx';
import { useMedia, WIDE } from './useMedia.ts';

/** After the product: it is the larger part, and not what one looks at first. */
const { Part: ChatPanel } = separatePart(() => import('../chat/ChatPanel.tsx').then(({ ChatPanel }) => ChatPanel));

const TABS = ['details', 'chat'] as const;

export interface WithChatProps {
  readonly roomId: string;
  /** The product's. */
  readonly title: string;
  /** Whether the product has ended. */
  readonly isOver: boolean;
  /** With a heading of the first level. */
  readonly children: ReactNode;
}

/** A page with a conversation: beside it on a desk, behind a tab on a telephone. */
export function WithChat({ roomId, title, isOver, children }: WithChatProps) {
  const strings = useStrings();
  const isWide = useMedia(WIDE);
  const [params, setParams] = useSearchParams();
  const id = useId();
  const buttons = useRef(new Map<string, HTMLButtonElement>());
  if (isWide) {
    return (
      <div className="with-chat">
        <PageTitle text={`${title} · ${strings.shop}`} />
        <div className="page details">{children}</div>
        <aside className="chat-side" aria-label={strings.chat}>
          <PartBoundary of={roomId}>
            <ChatPanel roomId={roomId} isOver={isOver} />
          </PartBoundary>
        </aside>
      </div>
    );
  }

  const tab = params.get('tab') === 'chat' ? 'chat' : 'details';
  const choose = (next: (typeof TABS)[number]) => setParams(next === 'chat' ? { tab: 'chat' } : {}, { replace: true });
  function arrow(event: KeyboardEvent): void {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    const next = tab === 'chat' ? 'details' : 'chat';
    choose(next);
    buttons.current.get(next)?.focus();
  }
  return (
    <div className="tabbed" data-tab={tab}>
      <PageTitle text={`${title} · ${strings.shop}`} />
      {tab === 'chat' && <h1 className="hidden">{title}</h1>}
      <div className="tabs" role="tablist" aria-label={strings.menu}>
        {TABS.map((one) => (
          <button
            key={one}
            ref={(element) => void (element && buttons.current.set(one, element))}
            type="button"
            role="tab"
            id={`${id}-${one}`}
            aria-selected={one === tab}
            aria-controls={`${id}-panel`}
            tabIndex={one === tab ? 0 : -1}
            onClick={() => choose(one)}
            onKeyDown={arrow}
          >
            {strings[one]}
            {one === 'chat' && tab !== 'chat' && <MyUnreadCount roomId={roomId} />}
          </button>
        ))}
      </div>
      <div
        id={`${id}-panel`}
        className={tab === 'chat' ? 'chat-tab' : 'page details'}
        role="tabpanel"
        aria-labelledby={`${id}-${tab}`}
      >
        {tab === 'chat' ? (
          <PartBoundary of={roomId}>
            <ChatPanel roomId={roomId} isOver={isOver} />
          </PartBoundary>
        ) : (
          children
        )}
      </div>
    </div>
  );
}
