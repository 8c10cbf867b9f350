import type { Draft, Result } from '@gongu/client';
import { type FormEvent, useEffect, useId, useRef, useState } from 'react';
import { useStrings } from '../chat/chat-context.ts';
import { createEnterKey } from './enter-key.ts';
import { useDraft } from './useDraft.ts';
import { useGrowingField } from './useGrowingField.ts';

export interface MessageInputProps {
  /** Takes what was written; refused (`ok` false) it stays in the field, and the reason is shown. */
  readonly onSend: (draft: Draft) => Result<string>;
  /** Called with every key, and with false when the field is left or emptied. */
  readonly onTyping?: (isTyping: boolean) => void;
  /** Whether there is a choice to send a notice: the host's. */
  readonly mayNotify?: boolean;
  /** Longest text, code points. Default 4 000. */
  readonly contentChars?: number;
  /** Why nothing can be written; shown in place of the field. */
  readonly closed?: string | null;
  /** Whether Enter sends, and Shift+Enter begins a line. Default: where there is a mouse; on a telephone Enter begins a line. */
  readonly enterSends?: boolean;
  /** Under which what is not sent is kept for this tab, over other pages and a reload. Default: it is not kept. */
  readonly draftKey?: string | null;
  /** Who is answered, and how to stop that. */
  readonly replyTo?: { readonly name: string; readonly content: string; readonly cancel: () => void } | null;
}

/** Characters left at which the counter appears. */
const COUNTER_AT = 200;

/**
 * The field for writing. It keeps its own text: a field whose value React sets can disturb an input method in the middle of
 * a syllable.
 */
export function MessageInput(props: MessageInputProps) {
  const { onSend, onTyping, mayNotify = false, contentChars = 4_000, closed = null, replyTo = null } = props;
  const { draftKey = null } = props;
  const strings = useStrings();
  const field = useRef<HTMLTextAreaElement>(null);
  const hintId = useId();
  const [left, setLeft] = useState(contentChars);
  const [isEmpty, setIsEmpty] = useState(true);
  const [isNotice, setIsNotice] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);

  const grow = useGrowingField(field, closed === null);
  function measure(): string {
    const text = field.current?.value ?? '';
    setLeft(contentChars - [...text].length);
    setIsEmpty(text.trim() === '');
    setRefusal(null);
    grow();
    return text;
  }
  const latestMeasure = useRef(measure);
  latestMeasure.current = measure;
  const keepDraft = useDraft(field, closed === null ? draftKey : null, latestMeasure);
  function changed(): void {
    keepDraft();
    onTyping?.(measure() !== '');
  }

  function send(): void {
    const element = field.current;
    // Read from the field, not from the last render: two presses may come before the next one.
    const content = element?.value.trim() ?? '';
    if (!element || content === '') return;
    const result = onSend({ content, ...(isNotice && mayNotify ? { kind: 'NOTIFICATION' as const } : {}) });
    if (!result.ok) return setRefusal(strings.error(result.error));
    element.value = '';
    keepDraft();
    setIsNotice(false);
    measure();
    element.focus();
  }

  const latestSend = useRef(send);
  latestSend.current = send;
  useEnterKey(field, props.enterSends, latestSend, closed === null);

  // The answered message is quoted above the field, which is where one goes on.
  useEffect(() => {
    if (replyTo) field.current?.focus();
  }, [replyTo]);

  if (closed !== null) return <p className="gongu-input gongu-input-closed">{closed}</p>;
  const label = isNotice && mayNotify ? strings.writeNotice : strings.write;
  const counter = left <= COUNTER_AT ? strings.charactersLeft(left) : null;
  return (
    <form
      className="gongu-input"
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        send();
      }}
    >
      {replyTo && (
        <p className="gongu-replying">
          <span>
            <strong>{strings.replyTo(replyTo.name)}</strong> <q>{replyTo.content}</q>
          </span>
          <button type="button" aria-label={strings.cancelReply} onClick={replyTo.cancel}>
            ×
          </button>
        </p>
      )}
      <div className="gongu-field">
        <textarea
          ref={field}
          rows={1}
          aria-label={label}
          aria-describedby={hintId}
          aria-invalid={left < 0 || refusal !== null}
          placeholder={label}
          enterKeyHint="send"
          autoComplete="off"
          onInput={changed}
          onBlur={() => onTyping?.(false)}
        />
        <button type="submit" className="gongu-send" disabled={isEmpty || left < 0}>
          {strings.send}
        </button>
      </div>
      <div className="gongu-hints">
        {mayNotify && (
          <label>
            <input type="checkbox" checked={isNotice} onChange={(event) => setIsNotice(event.target.checked)} />
            {strings.asNotice}
          </label>
        )}
        <span id={hintId} role="status" className={left < 0 || refusal ? 'gongu-refusal' : undefined}>
          {refusal ?? counter}
        </span>
      </div>
    </form>
  );
}

/** Enter sends. By the browser's own events: React has none for `beforeinput`. */
function useEnterKey(
  field: { readonly current: HTMLTextAreaElement | null },
  enterSends: boolean | undefined,
  send: { readonly current: () => void },
  isThere: boolean,
): void {
  useEffect(() => {
    // A field that was closed comes back as another element.
    const element = isThere ? field.current : null;
    const isOn = enterSends ?? !matchMedia('(pointer: coarse)').matches;
    if (!element || !isOn) return;
    const enter = createEnterKey();
    const sendInstead = (event: Event) => {
      event.preventDefault();
      send.current();
    };
    const keydown = (event: KeyboardEvent) => enter.keydown(event) && sendInstead(event);
    const beforeInput = (event: InputEvent) => enter.beforeInput(event) && sendInstead(event);
    element.addEventListener('keydown', keydown);
    element.addEventListener('beforeinput', beforeInput);
    element.addEventListener('compositionstart', enter.compositionStart);
    element.addEventListener('compositionend', enter.compositionEnd);
    return () => {
      element.removeEventListener('keydown', keydown);
      element.removeEventListener('beforeinput', beforeInput);
      element.removeEventListener('compositionstart', enter.compositionStart);
      element.removeEventListener('compositionend', enter.compositionEnd);
    };
  }, [field, enterSends, send, isThere]);
}
