import { useSyncExternalStore } from 'react';
import { useTold } from '../chat/told.tsx';

const MOST = 99;

/** The page's title, with what is unread before it: of other rooms, and of the open one while nobody looks at it. */
export function PageTitle({ text }: { readonly text: string }) {
  const { elsewhere, open } = useTold();
  const isHidden = useSyncExternalStore(subscribe, () => document.visibilityState === 'hidden');
  const count = elsewhere + (isHidden ? open : 0);
  return <title>{count > 0 ? `(${count > MOST ? `${MOST}+` : count}) ${text}` : text}</title>;
}

function subscribe(changed: () => void): () => void {
  document.addEventListener('visibilitychange', changed);
  return () => document.removeEventListener('visibilitychange', changed);
}
