import { createContext, type ReactNode, useCallback, useContext, useEffect, useState } from 'react';

/** What the conversations tell the rest of the page, which is loaded without their code. */
export interface Told {
  /** Unread in rooms that are not open. */
  readonly elsewhere: number;
  /** Unread in the room whose conversation is open. */
  readonly open: number;
  /** Of the room that was open last; null: none was. */
  readonly room: ToldRoom | null;
}

export interface ToldRoom {
  readonly roomId: string;
  readonly sellerName: string | null;
}

const NOTHING: Told = { elsewhere: 0, open: 0, room: null };
const Heard = createContext(NOTHING);
const Tell = createContext<(part: Partial<Told>) => void>(() => undefined);

export function ToldByChat({ children }: { readonly children: ReactNode }) {
  const [told, setTold] = useState(NOTHING);
  const tell = useCallback((part: Partial<Told>) => setTold((before) => ({ ...before, ...part })), []);
  return (
    <Tell value={tell}>
      <Heard value={told}>{children}</Heard>
    </Tell>
  );
}

export function useTold(): Told {
  return useContext(Heard);
}

/** Tells how much is unread, as long as the component is there. */
export function useTellUnread(where: 'elsewhere' | 'open', count: number): void {
  const tell = useContext(Tell);
  useEffect(() => tell({ [where]: count }), [tell, where, count]);
  useEffect(() => () => tell({ [where]: 0 }), [tell, where]);
}

export function useTellRoom({ roomId, sellerName }: ToldRoom): void {
  const tell = useContext(Tell);
  useEffect(() => tell({ room: { roomId, sellerName } }), [tell, roomId, sellerName]);
}
