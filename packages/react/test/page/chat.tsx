import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ChatProvider, ChatRoom } from '../../src/index.ts';
import '../../src/styles.css';
import './page.css';
import type { PageConfig } from '../fixture/chat-page.ts';

const config = JSON.parse(new URLSearchParams(location.search).get('config') ?? '{}') as PageConfig;
const { url, token, roomId, locale, theme, enterSends, isUnbounded } = config;

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <ChatProvider url={url} token={() => token} locale={locale ?? 'en'}>
      <main className={isUnbounded ? 'unbounded' : ''}>
        <h1 className="gongu-hidden">A shop</h1>
        <ChatRoom
          roomId={roomId}
          {...(theme === undefined ? {} : { theme })}
          {...(enterSends === undefined ? {} : { enterSends })}
        />
      </main>
    </ChatProvider>
  </StrictMode>,
);
