import type { ChatError } from '@gongu/client';
import { type Upload, uploadFile } from '@gongu/client/files';
import { type ReactNode, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { useChatClient } from '../chat/chat-context.ts';
import { useToolStrings } from '../chat/useToolStrings.ts';
import type { ToolStrings } from '../strings/tool-strings.ts';
import { sizeOf } from './Attachments.tsx';

export interface UploadTrayProps {
  readonly roomId: string;
  /** It may grow. */
  readonly files: readonly File[];
  readonly onState: (state: { readonly uploads: readonly Upload[]; readonly isBusy: boolean }) => void;
  /** All were given up. */
  readonly onEmpty: () => void;
}

/** Files of a message at most. */
const MOST = 10;

/** Files on their way: each with a preview, how far it is, and ways to give it up or try it again. */
export function UploadTray({ roomId, files, onState, onEmpty }: UploadTrayProps) {
  const client = useChatClient();
  const strings = useToolStrings();
  const [uploads, setUploads] = useState<readonly Upload[]>([]);
  const taken = useRef(0);
  const count = useRef(0);
  const [isTooMany, setIsTooMany] = useState(false);
  useEffect(() => {
    const fresh = files.slice(taken.current);
    if (fresh.length === 0) return;
    taken.current = files.length;
    // Not within the setter, which may be called twice.
    const begun = fresh.slice(0, MOST - count.current).map((file) => uploadFile(client, roomId, file));
    setIsTooMany(begun.length < fresh.length);
    setUploads((before) => [...before, ...begun]);
    count.current += begun.length;
  }, [client, roomId, files]);

  const latest = useRef({ onState, onEmpty });
  latest.current = { onState, onEmpty };
  useEffect(() => {
    const tell = () => {
      // One that was just given up still tells of that.
      const left = uploads.filter((upload) => upload.getSnapshot().status !== 'cancelled');
      const isBusy = left.some((upload) => upload.getSnapshot().status === 'failed');
      if (left.length > 0) latest.current.onState({ uploads: left, isBusy });
    };
    tell();
    const stops = uploads.map((upload) => upload.subscribe(tell));
    return () => {
      for (const stop of stops) stop();
    };
  }, [uploads]);

  function remove(upload: Upload): void {
    upload.cancel();
    const left = uploads.filter((other) => other !== upload);
    setUploads(left);
    count.current = left.length;
    if (left.length === 0) latest.current.onEmpty();
  }

  return (
    <>
      <ul className="gongu-tray" aria-label={strings.filesToSend}>
        {uploads.map((upload, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two files may have one name
          <UploadItem key={`${i} ${upload.file.name}`} upload={upload} onRemove={() => remove(upload)} />
        ))}
      </ul>
      {isTooMany && <p role="alert">{strings.tooManyFiles(MOST)}</p>}
    </>
  );
}

export interface UploadItemProps {
  readonly upload: Upload;
  readonly onRemove: () => void;
  readonly tabIndex?: number;
  /** In the place of a small preview. */
  readonly picture?: ReactNode;
}

/** Why a file is not there, in words. */
export function fileError(error: ChatError, strings: ToolStrings): string {
  switch (error.code) {
    case 'UPLOAD_REFUSED':
      return strings.fileRefused(error.reason);
    case 'FILE_LOST':
      return strings.fileLost;
    case 'RATE_LIMITED':
      return strings.filesLater(strings.span(error.retryAfterMs ?? 0));
    default:
      return strings.error(error);
  }
}

/** Whether another try may do what this one has not. */
function mayDo({ code, reason }: ChatError): boolean {
  if (code === 'UPLOAD_REFUSED') return reason === 'GONE' || reason === 'LENGTH';
  return code !== 'FILE_LOST';
}

/** A URL of a picture that is here; null: it is none, or its bytes are not. */
export function usePreview(file: Upload['file']): string | null {
  const [preview, setPreview] = useState<string | null>(null);
  useEffect(() => {
    if (!(file instanceof Blob) || !/^image\/(?:jpeg|png|webp|gif|avif)$/.test(file.type)) return;
    const url = URL.createObjectURL(file);
    setPreview(url);
    return () => URL.revokeObjectURL(url);
  }, [file]);
  return preview;
}

/** How far a file is, or why it is not taken, with ways to try it again and to leave it. */
export function UploadItem({ upload, onRemove, tabIndex = 0, picture = null }: UploadItemProps) {
  const strings = useToolStrings();
  const { status, loaded, error } = useSyncExternalStore(upload.subscribe, upload.getSnapshot);
  const { name, size } = upload.file;
  const preview = usePreview(upload.file);
  const percent = size === 0 ? 0 : Math.floor((100 * loaded) / size);
  const says = {
    uploading: `${percent} %`,
    checking: strings.checkingFile,
    done: sizeOf(size),
    failed: error ? fileError(error, strings) : '',
    cancelled: '',
  };
  return (
    <li data-status={status} data-picture={picture !== null}>
      {picture ??
        (preview !== null ? <img src={preview} alt="" width={40} height={40} /> : <span aria-hidden="true">⤒</span>)}
      <span>
        <bdi>{name}</bdi>
        {status === 'uploading' && (
          <progress value={loaded} max={size || 1} aria-label={strings.uploadOf(name)}>
            {percent}
          </progress>
        )}
        <small role={status === 'failed' ? 'alert' : undefined}>{says[status]}</small>
      </span>
      {status === 'failed' && error && mayDo(error) && (
        <button type="button" tabIndex={tabIndex} onClick={upload.retry}>
          {strings.tryAgain}
        </button>
      )}
      <button type="button" tabIndex={tabIndex} aria-label={strings.removeFile(name)} onClick={onRemove}>
        ×
      </button>
    </li>
  );
}
