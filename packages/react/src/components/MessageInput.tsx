import type { ChatError, Draft, PublicUser, Result } from '@gongu/client';
import {
  type FormEvent,
  type KeyboardEvent as KeyEvent,
  type ReactNode,
  useCallback,
  useEffect,
  useId,
  useRef,
  useState,
} from 'react';
import { useStrings } from '../chat/chat-context.ts';
import type { AttachingState } from './Attaching.tsx';
import { LazyPart } from './LazyPart.tsx';
import type { MentionListProps } from './MentionList.tsx';
import { mentionAt, mentionsIn } from './mentions.ts';
import { useDraft } from './useDraft.ts';
import { useEnterKey } from './useEnterKey.ts';
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
  readonly closed?: ReactNode;
  /** Whether Enter sends, and Shift+Enter begins a line. Default: where there is a mouse; on a telephone Enter begins a line. */
  readonly enterSends?: boolean | undefined;
  /** Under which what is not sent is kept for this tab, over other pages and a reload. Default: it is not kept. */
  readonly draftKey?: string | null;
  /** Who is answered, and how to stop that. */
  readonly replyTo?: { readonly name: string; readonly content: ReactNode; readonly cancel: () => void } | null;
  /** A message that is edited in place of writing one. What was being written comes back afterwards. */
  readonly editing?: MessageEdit | null;
  /** Who can be mentioned. Default: nobody is offered. */
  readonly people?: readonly PublicUser[];
  /** Whether all can be mentioned: the host may. */
  readonly mayMentionAll?: boolean;
  /** Called when somebody begins to mention somebody: there may be people who are not loaded yet. */
  readonly onMention?: () => void;
  /** Called for the arrow upwards in an empty field: the own last message is to be edited. */
  readonly onEditLast?: () => void;
  /** The room that files are uploaded for; as its member. Default: no files are taken. */
  readonly filesOf?: string | null;
}

export interface MessageEdit {
  /** Of the edit: another one has a text of its own. */
  readonly id: string;
  /** The text to begin with. */
  readonly content: string;
  /** Whether there are files in the message, which may go without a text. Default: false. */
  readonly hasFiles?: boolean;
  /** Whom it mentions so far. */
  readonly mentions?: readonly string[];
  /** As `onSend`. */
  readonly save: (content: string, mentioned: Pick<Draft, 'mentions' | 'mentionsAll'>) => Result<string>;
  readonly cancel: () => void;
}

const loadAttaching = async () => (await import('./Attaching.tsx')).Attaching;

/** Characters left at which the counter appears. */
const COUNTER_AT = 200;
const NOBODY: readonly never[] = [];

/**
 * The field for writing. It keeps its own text: a field whose value React sets can disturb an input method in the middle of
 * a syllable.
 */
export function MessageInput(props: MessageInputProps) {
  const { onSend, onTyping, mayNotify = false, contentChars = 4_000, closed = null, replyTo = null } = props;
  const { draftKey = null, editing = null, onEditLast, filesOf = null } = props;
  const { people = NOBODY, mayMentionAll = false, onMention } = props;
  const strings = useStrings();
  const [attached, setAttached] = useState<AttachingState | null>(null);
  const files = editing ? null : attached;
  const mayBeEmpty = editing?.hasFiles;
  const field = useRef<HTMLTextAreaElement>(null);
  const hintId = useId();
  const [left, setLeft] = useState(contentChars);
  const [isEmpty, setIsEmpty] = useState(true);
  const [isNotice, setIsNotice] = useState(false);
  const [refusal, setRefusal] = useState<ChatError | null>(null);
  const [mention, setMention] = useState<ReturnType<typeof mentionAt>>(null);
  const [activeName, setActiveName] = useState<string | undefined>();
  const mentionKeys = useRef<MentionListProps['keys']['current']>(null);
  const mentionId = useId();
  const everyone = mayMentionAll ? strings.everyone : null;

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
  const draft = useDraft(field, {
    key: closed === null ? draftKey : null,
    slot: editing ? `.edit.${editing.id}` : '',
    initial: editing?.content ?? '',
    mentioned: editing?.mentions ?? NOBODY,
    restored: latestMeasure,
  });
  /** Whether a name is being written where the caret is. */
  function lookForMention(): void {
    const { value = '', selectionStart = 0, selectionEnd = 0 } = field.current ?? {};
    const next = selectionStart === selectionEnd ? mentionAt(value, selectionStart) : null;
    if (next && !mention) onMention?.();
    if (next?.from !== mention?.from || next?.query !== mention?.query) setMention(next);
  }
  const chooseName = useCallback(
    (name: string, userId: string | null, byPointer: boolean) => {
      const element = field.current;
      if (!element || !mention) return;
      // What an input method has made so far is the text's then.
      if (byPointer) element.blur();
      element.focus();
      element.setRangeText(`@${name} `, mention.from, mention.from + 1 + mention.query.length, 'end');
      setMention(null);
      if (userId !== null) draft.choose(userId);
      latestChanged.current();
    },
    [mention, draft.choose],
  );
  const noMention = useCallback(() => setMention(null), []);
  function changed(): void {
    draft.keep();
    lookForMention();
    onTyping?.(measure() !== '');
  }

  const latestChanged = useRef(changed);
  latestChanged.current = changed;

  function send(): void {
    const element = field.current;
    // Read from the field, not from the last render: two presses may come before the next one.
    const content = element?.value.trim() ?? '';
    if (!element || files?.isBusy || (content === '' && !files && !mayBeEmpty)) return;
    const said = mentionsIn(content, people, everyone, draft.chosen());
    if (editing) {
      const saved = editing.save(content, said);
      if (!saved.ok) return setRefusal(saved.error);
      draft.forget();
      return editing.cancel();
    }
    const { mentions, mentionsAll } = said;
    const mentioned = { ...(mentions.length > 0 ? { mentions } : {}), ...(mentionsAll ? { mentionsAll } : {}) };
    const result = onSend({
      content,
      ...mentioned,
      ...(files && { uploads: files.uploads }),
      ...(isNotice && mayNotify ? { kind: 'NOTIFICATION' as const } : {}),
    });
    if (!result.ok) return setRefusal(result.error);
    element.value = '';
    files?.clear();
    draft.keep();
    setIsNotice(false);
    measure();
    element.focus();
  }

  const latestSend = useRef(send);
  latestSend.current = () => {
    // The same key chooses a name.
    if (!mentionKeys.current?.({ key: 'Enter' })) send();
  };
  useEnterKey(field, props.enterSends, latestSend, closed === null);

  // The answered message is quoted above the field, which is where one goes on; and so is what is edited.
  const isAnswer = replyTo !== null;
  const editId = editing?.id ?? null;
  const wasBegun = useRef(false);
  useEffect(() => {
    const isBegun = isAnswer || editId !== null;
    if (isBegun || wasBegun.current) field.current?.focus();
    wasBegun.current = isBegun;
    const end = field.current?.value.length ?? 0;
    if (editId !== null) field.current?.setSelectionRange(end, end);
  }, [isAnswer, editId]);

  function cancelEdit(): void {
    draft.forget();
    editing?.cancel();
  }

  function onKeyDown(event: KeyEvent): void {
    // An input method's own keys, which may come as they are in Safari.
    if (event.defaultPrevented || event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (!event.shiftKey && mentionKeys.current?.(event)) return event.preventDefault();
    const isPlain = !event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey;
    if (event.key === 'Escape' && isPlain && (editing || replyTo)) {
      event.preventDefault();
      if (editing) cancelEdit();
      else replyTo?.cancel();
    } else if (event.key === 'ArrowUp' && isPlain && !editing && field.current?.value === '' && onEditLast) {
      event.preventDefault();
      onEditLast();
    }
  }

  if (closed !== null && closed !== undefined) return <p className="gongu-input gongu-input-closed">{closed}</p>;
  const label = editing ? strings.editMessage : isNotice && mayNotify ? strings.writeNotice : strings.write;
  const counter = left <= COUNTER_AT ? strings.charactersLeft(left) : null;
  return (
    <form
      className="gongu-input"
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        send();
      }}
    >
      {(editing || replyTo) && (
        <p className="gongu-replying">
          {replyTo && !editing ? (
            <span key="reply">
              <strong>{strings.replyTo(replyTo.name)}</strong> <q>{replyTo.content}</q>
            </span>
          ) : (
            <span key="edit">
              <strong>{strings.editMessage}</strong>
            </span>
          )}
          <button
            type="button"
            aria-label={editing ? strings.cancelEdit : strings.cancelReply}
            onClick={editing ? cancelEdit : replyTo?.cancel}
          >
            ×
          </button>
        </p>
      )}
      {mention && (people.length > 0 || everyone) && (
        <LazyPart
          load={loadMentions}
          props={{
            ...{ id: mentionId, query: mention.query, people, everyone, onChoose: chooseName, onClose: noMention },
            ...{ keys: mentionKeys, onActive: setActiveName },
          }}
          onFailed={noMention}
        />
      )}
      <div className="gongu-field">
        {filesOf !== null && <LazyPart load={loadAttaching} props={{ roomId: filesOf, field, onState: setAttached }} />}
        <textarea
          ref={field}
          rows={1}
          aria-label={label}
          aria-describedby={hintId}
          aria-invalid={left < 0 || refusal !== null}
          placeholder={label}
          enterKeyHint="send"
          autoComplete="off"
          onKeyDown={onKeyDown}
          aria-autocomplete={people.length > 0 ? 'list' : undefined}
          aria-haspopup={people.length > 0 ? 'listbox' : undefined}
          aria-controls={activeName && mentionId}
          aria-activedescendant={activeName}
          onInput={changed}
          onSelect={lookForMention}
          onBlur={() => {
            onTyping?.(false);
            setMention(null);
          }}
        />
        <button type="submit" className="gongu-send" disabled={(files?.isBusy ?? (isEmpty && !mayBeEmpty)) || left < 0}>
          {editing ? strings.save : strings.send}
        </button>
      </div>
      <div className="gongu-hints">
        {mayNotify && !editing && (
          <label>
            <input type="checkbox" checked={isNotice} onChange={(event) => setIsNotice(event.target.checked)} />
            {strings.asNotice}
          </label>
        )}
        <span id={hintId} role="status" className={left < 0 || refusal ? 'gongu-refusal' : undefined}>
          {refusal ? <LazyPart load={loadErrorText} props={{ error: refusal }} /> : counter}
        </span>
      </div>
    </form>
  );
}

const loadErrorText = async () => (await import('./ErrorText.tsx')).ErrorText;
const loadMentions = async () => (await import('./MentionList.tsx')).MentionList;
