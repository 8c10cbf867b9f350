import { ChatProvider, useChatRoom } from '@gongu/react';
import { type FormEvent, useId, useRef, useState } from 'react';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { useServices } from '../session/SessionProvider.tsx';

/** A notice of the seller's to everybody in the room. */
export function NoticeForm({ roomId }: { readonly roomId: string }) {
  const { chat } = useServices();
  if (!chat) return null;
  return (
    <ChatProvider client={chat}>
      <Form roomId={roomId} />
    </ChatProvider>
  );
}

function Form({ roomId }: { readonly roomId: string }) {
  const strings = useStrings();
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const { send, outgoing, room } = useChatRoom(roomId);
  const [sent, setSent] = useState<string | null>(null);
  const [isRefused, setIsRefused] = useState(false);

  function submit(event: FormEvent): void {
    event.preventDefault();
    const content = field.current?.value.trim() ?? '';
    if (content === '') return;
    const result = send({ content, kind: 'NOTIFICATION' });
    setIsRefused(!result.ok);
    if (!result.ok) return;
    setSent(result.value);
    field.current!.value = '';
  }

  // Gone from what is on its way, it is among the messages.
  const status = outgoing.find(({ clientMessageId }) => clientMessageId === sent)?.status ?? 'sent';
  const state = {
    sent: strings.noticeSent,
    sending: strings.noticeSending,
    'not-confirmed': strings.noticeWaiting,
    failed: strings.noticeFailed,
  }[status];
  return (
    <form className="notice-form" onSubmit={submit}>
      <label htmlFor={id}>{strings.notice}</label>
      <textarea ref={field} id={id} rows={2} required aria-describedby={`${id}-hint`} />
      <p className="row">
        <button type="submit" disabled={room?.status === 'CANCELLED'}>
          {strings.sendNotice}
        </button>
        <small id={`${id}-hint`} role="status">
          {isRefused ? strings.noticeFailed : sent === null ? strings.noticeHint : state}
        </small>
      </p>
    </form>
  );
}
