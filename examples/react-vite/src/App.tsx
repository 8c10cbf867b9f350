import { createChatClient } from '@gongu/client';
import { ChatProvider, ChatRoom, useChatRoom, useConnection } from '@gongu/react';
import { type FormEvent, useEffect, useMemo, useState } from 'react';
import { CHAT_URL, onChange, type Product, product, products, Refused, signIn, takePart, type User } from './shop.ts';

export function App() {
  const [user, setUser] = useState<User | null>(null);
  return user ? <Shop key={user.userId} user={user} /> : <SignIn onUser={setUser} />;
}

function SignIn({ onUser }: { onUser: (user: User) => void }) {
  const [error, setError] = useState('');
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const nickname = String(new FormData(event.currentTarget).get('nickname'));
    signIn(nickname).then(onUser, (reason) => setError(String(reason)));
  };
  return (
    <form className="narrow" onSubmit={submit}>
      <h1>Who are you?</h1>
      <label>
        Nickname <input name="nickname" required maxLength={32} />
      </label>
      <button type="submit">Sign in</button>
      {error && <p role="alert">{error}</p>}
    </form>
  );
}

/** One client, and with it one connection, for all of the page. */
function Shop({ user }: { user: User }) {
  const client = useMemo(() => createChatClient({ url: CHAT_URL, token: () => user.token }), [user.token]);
  useEffect(() => {
    client.connect();
    return () => client.disconnect();
  }, [client]);
  const [list, setList] = useState<readonly Product[]>([]);
  const [openId, setOpenId] = useState<string | null>(null);
  const [error, setError] = useState('');
  useEffect(() => void products().then(setList, (reason) => setError(String(reason))), []);
  return (
    <ChatProvider client={client} locale="en">
      <header>
        <strong>{user.nickname}</strong> <Connection />
      </header>
      <nav>
        {list.map(({ id, title }) => (
          <button key={id} type="button" aria-pressed={id === openId} onClick={() => setOpenId(id)}>
            {title}
          </button>
        ))}
      </nav>
      {error && <p role="alert">{error}</p>}
      {openId && <ProductPage key={openId} id={openId} user={user} />}
    </ChatProvider>
  );
}

function Connection() {
  const { status, online } = useConnection();
  return <small role="status">{online ? status : 'offline'}</small>;
}

function ProductPage({ id, user }: { id: string; user: User }) {
  const [shown, setShown] = useState<Product | null>(null);
  const [outcome, setOutcome] = useState('');
  const [key, setKey] = useState(() => crypto.randomUUID());
  useEffect(() => onChange(id, () => void product(id).then(setShown)), [id]);
  if (!shown) return <p>…</p>;
  const buy = () =>
    takePart(id, user, key).then(
      () => setOutcome('You take part.'),
      (reason: Error) => {
        setOutcome(reason.message);
        // Under its key a refusal is repeated, also when there is a place again. What had no answer is asked again under its own.
        if (reason instanceof Refused) setKey(crypto.randomUUID());
      },
    );
  return (
    <div className="with-chat">
      <main>
        <h1>{shown.title}</h1>
        <p>{shown.seatsLeft} places left</p>
        <button type="button" disabled={shown.status !== 'RECRUITING'} onClick={buy}>
          Take a place
        </button>
        <p role="status">{outcome}</p>
        <People roomId={id} />
      </main>
      <aside aria-label="Chat">
        <ChatRoom roomId={id} />
      </aside>
    </div>
  );
}

/** Rendered when that number has changed, and not with every message. */
function People({ roomId }: { roomId: string }) {
  const count = useChatRoom(roomId, ({ room }) => room?.participantCount ?? 0);
  return <p>{count} in the conversation</p>;
}
