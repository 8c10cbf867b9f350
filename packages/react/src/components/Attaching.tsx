import type { Upload } from '@gongu/client/files';
import { type ReactNode, type RefObject, useEffect, useRef, useState } from 'react';
import { useChatClient } from '../chat/chat-context.ts';
import { useToolStrings } from '../chat/useToolStrings.ts';
import { LazyPart } from './LazyPart.tsx';

export interface AttachingProps {
  /** Files are uploaded for it; one must be its member. */
  readonly roomId: string;
  /** Of the form: what is pasted or dropped into it is taken. */
  readonly field: RefObject<HTMLTextAreaElement | null>;
  /** Null: there are no files. */
  readonly onState: (state: AttachingState | null) => void;
}

/** Files on their way, and whether one has failed, or is not begun yet: then nothing is sent. */
export interface AttachingState {
  readonly uploads: readonly Upload[];
  readonly isBusy: boolean;
  /** Forgets them: the message has them. */
  readonly clear: () => void;
}

/** Milliseconds after which what uploads is loaded ahead of its first use: there may be no connection then. */
const AHEAD_MS = 2_000;

const ACCEPTED = 'image/jpeg,image/png,image/webp,image/gif,image/avif,application/pdf,video/*,audio/*';

/** Files that are chosen, taken, pasted or dropped. What uploads them is loaded with the first one. */
export function Attaching({ roomId, field, onState }: AttachingProps) {
  const strings = useToolStrings();
  const client = useChatClient();
  const [files, setFiles] = useState<readonly File[]>([]);
  const add = useRef((_: FileList | null | undefined): boolean => false);
  add.current = (added) => {
    if (!added || added.length === 0) return false;
    const taken = [...added];
    onState({ uploads: [], isBusy: true, clear });
    setFiles((before) => [...before, ...taken]);
    return true;
  };
  useEffect(() => {
    const form = field.current?.form;
    if (!form) return;
    const ending = new AbortController();
    const options = { signal: ending.signal };
    const hasFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes('Files') ?? false;
    form.addEventListener(
      'paste',
      (event) => {
        if (add.current(event.clipboardData?.files)) event.preventDefault();
      },
      options,
    );
    form.addEventListener('dragover', (event) => hasFiles(event) && event.preventDefault(), options);
    form.addEventListener(
      'drop',
      (event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        add.current(event.dataTransfer?.files);
      },
      options,
    );
    return () => ending.abort();
  }, [field]);

  useEffect(() => {
    const timer = setTimeout(() => {
      for (const load of [loadTray, loadOutgoing, client.prepareFiles]) load().catch(() => {});
    }, AHEAD_MS);
    return () => clearTimeout(timer);
  }, [client]);

  const latest = useRef(onState);
  latest.current = onState;
  // What it has uploaded goes with it.
  useEffect(() => () => latest.current(null), []);

  function clear(): void {
    setFiles([]);
    onState(null);
  }

  return (
    <>
      {files.length > 0 && (
        <LazyPart
          load={loadTray}
          props={{ roomId, files, onState: (state) => onState({ ...state, clear }), onEmpty: clear }}
          onFailed={clear}
        />
      )}
      <Choosing label={strings.attach} accept={ACCEPTED} isMany onChoose={(chosen) => add.current(chosen)}>
        +
      </Choosing>
      {/* Where there is no camera to take pictures with, it is no other than the one before. */}
      {matchMedia('(pointer: coarse)').matches && (
        <Choosing label={strings.takePicture} accept="image/*" onChoose={(taken) => add.current(taken)}>
          <span aria-hidden="true">📷</span>
        </Choosing>
      )}
    </>
  );
}

interface ChoosingProps {
  readonly label: string;
  readonly accept: string;
  /** Several at once; else one, by the camera. */
  readonly isMany?: boolean;
  readonly onChoose: (files: FileList | null) => void;
  readonly children: ReactNode;
}

/** A button that opens the system's own choice. */
function Choosing({ label, accept, isMany = false, onChoose, children }: ChoosingProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        hidden
        accept={accept}
        multiple={isMany}
        capture={isMany ? undefined : 'environment'}
        onChange={({ target }) => {
          onChoose(target.files);
          // The same again is a choice, too.
          target.value = '';
        }}
      />
      <button
        type="button"
        className="gongu-attach"
        aria-label={label}
        title={label}
        onClick={() => input.current?.click()}
      >
        {children}
      </button>
    </>
  );
}

const loadTray = async () => (await import('./UploadTray.tsx')).UploadTray;
const loadOutgoing = async () => (await import('./OutgoingFiles.tsx')).OutgoingFiles;
