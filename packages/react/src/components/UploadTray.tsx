import type { Attachment } from '@gongu/client';
import { type Upload, uploadFile } from '@gongu/client/files';
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { useChatClient } from '../chat/chat-context.ts';
import { useToolStrings } from '../chat/useToolStrings.ts';
import { sizeOf } from './Attachments.tsx';

export interface UploadTrayProps {
  readonly roomId: string;
  /** It may grow. */
  readonly files: readonly File[];
  readonly onState: (state: { readonly attachments: readonly Attachment[]; readonly isBusy: boolean }) => void;
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
  const [isTooMany, setIsTooMany] = useState(false);
  useEffect(() => {
    const fresh = files.slice(taken.current);
    if (fresh.length === 0) return;
    taken.current = files.length;
    setUploads((before) => {
      const room = MOST - before.length;
      setIsTooMany(fresh.length > room);
      return [...before, ...fresh.slice(0, room).map((file) => uploadFile(client, roomId, file))];
    });
  }, [client, roomId, files]);

  const latest = useRef({ onState, onEmpty });
  latest.current = { onState, onEmpty };
  useEffect(() => {
    const tell = () => {
      const snapshots = uploads.map((upload) => upload.getSnapshot());
      latest.current.onState({
        attachments: snapshots.flatMap(({ attachment }) => attachment ?? []),
        isBusy: snapshots.some(({ status }) => status !== 'done'),
      });
    };
    if (uploads.length > 0) tell();
    const stops = uploads.map((upload) => upload.subscribe(tell));
    return () => {
      for (const stop of stops) stop();
    };
  }, [uploads]);

  function remove(upload: Upload): void {
    upload.cancel();
    const left = uploads.filter((other) => other !== upload);
    setUploads(left);
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

function UploadItem({ upload, onRemove }: { readonly upload: Upload; readonly onRemove: () => void }) {
  const strings = useToolStrings();
  const { status, loaded, error } = useSyncExternalStore(upload.subscribe, upload.getSnapshot);
  const { name, size, type } = upload.file;
  const [preview, setPreview] = useState<string | null>(null);
  useEffect(() => {
    if (!/^image\/(?:jpeg|png|webp|gif|avif)$/.test(type)) return;
    const url = URL.createObjectURL(upload.file as File);
    setPreview(url);
    return () => URL.revokeObjectURL(url);
  }, [upload.file, type]);
  const percent = size === 0 ? 0 : Math.floor((100 * loaded) / size);
  const says = {
    uploading: `${percent} %`,
    checking: strings.checkingFile,
    done: sizeOf(size),
    failed: error?.code === 'UPLOAD_REFUSED' ? strings.fileRefused : error ? strings.error(error) : '',
    cancelled: '',
  };
  return (
    <li data-status={status}>
      {preview !== null ? <img src={preview} alt="" width={40} height={40} /> : <span aria-hidden="true">⤒</span>}
      <span>
        <bdi>{name}</bdi>
        {status === 'uploading' && (
          <progress value={loaded} max={size || 1} aria-label={strings.uploadOf(name)}>
            {percent}
          </progress>
        )}
        <small role={status === 'failed' ? 'alert' : undefined}>
          {says[status]}
          {error?.code === 'UPLOAD_REFUSED' && (
            <>
              {' '}
              <q lang="en">{error.message}</q>
            </>
          )}
        </small>
      </span>
      {status === 'failed' && error?.code !== 'UPLOAD_REFUSED' && (
        <button type="button" onClick={upload.retry}>
          {strings.tryAgain}
        </button>
      )}
      <button type="button" aria-label={strings.removeFile(name)} onClick={onRemove}>
        ×
      </button>
    </li>
  );
}
