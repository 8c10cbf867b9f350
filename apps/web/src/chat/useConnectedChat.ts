import type { ChatClient, ChatClientOptions } from '@gongu/client';
import { useEffect, useState } from 'react';

/** Milliseconds before the client's code is asked for once more, when it did not come. */
const AGAIN_MS = 3_000;

/**
 * A client of the chat, connected as that user; null while there is none. Its code is loaded for who is signed in: who only
 * looks at products does without it.
 *
 * @param token the same as long as the services are
 */
export function useConnectedChat(
  url: string,
  userId: string | null,
  token: ChatClientOptions['token'],
): ChatClient | null {
  const [made, setMade] = useState<{ readonly client: ChatClient; readonly userId: string } | null>(null);
  useEffect(() => {
    if (userId === null) return;
    let isWanted = true;
    let client: ChatClient | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const enter = () =>
      void import('@gongu/client').then(
        ({ createChatClient }) => {
          if (!isWanted) return;
          client = createChatClient({ url, token });
          client.connect();
          setMade({ client, userId });
        },
        () => {
          if (isWanted) timer = setTimeout(enter, AGAIN_MS);
        },
      );
    enter();
    return () => {
      isWanted = false;
      clearTimeout(timer);
      client?.disconnect();
      setMade(null);
    };
  }, [url, userId, token]);
  // Who has just become somebody else does not see the conversations of whom he was.
  return made?.userId === userId ? made.client : null;
}
