import { StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { ChatProvider, ChatRoom, type MessageParts } from '../../src/index.ts';
import '../../src/styles.css';
import './page.css';
import type { PageConfig } from '../fixture/chat-page.ts';
import { keepNoTraces } from './no-traces.ts';

keepNoTraces();

const config = JSON.parse(new URLSearchParams(location.search).get('config') ?? '{}') as PageConfig;
const { url, token, roomId, locale, theme, enterSends, isUnbounded, hasParts, opens, showMessage } = config;

const PARTS: MessageParts = {
  sender: ({ sender }) => <i className="medal">{`medal of ${sender?.nickname}`}</i>,
  content: ({ content }) => <b className="loud">{content.toUpperCase()}</b>,
  below: ({ seq }) => <button type="button" className="like">{`like ${seq}`}</button>,
};

function Room() {
  const [shown, setShown] = useState(roomId);
  useEffect(() => void Object.assign(globalThis, { showRoom: setShown }), []);
  return (
    <ChatRoom
      roomId={shown}
      {...(showMessage === undefined ? {} : { showMessage })}
      {...(opens
        ? {
            onOpenMessage: ({ messageId }) => {
              location.hash = messageId;
            },
          }
        : {})}
      {...(hasParts ? { parts: PARTS } : {})}
      {...(theme === undefined ? {} : { theme })}
      {...(enterSends === undefined ? {} : { enterSends })}
    />
  );
}

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <ChatProvider url={url} token={() => token} locale={locale ?? 'en'}>
      <main className={isUnbounded ? 'unbounded' : ''}>
        <h1 className="only-read">A shop</h1>
        <Room />
      </main>
    </ChatProvider>
  </StrictMode>,
);
