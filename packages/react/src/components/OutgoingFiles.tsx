import type { Outgoing } from '@gongu/client';
import type { Upload } from '@gongu/client/files';
import { useState, useSyncExternalStore } from 'react';
import { useToolStrings } from '../chat/useToolStrings.ts';
import { sizeOf } from './Attachments.tsx';
import { type FilesPlace, sideOf } from './files-place.ts';
import { MessageFiles } from './MessageFiles.tsx';
import { UploadItem, usePreview } from './UploadTray.tsx';

export interface OutgoingFilesProps {
  readonly outgoing: Outgoing;
  readonly place: FilesPlace;
  readonly tabIndex: number;
}

/** Files of a message that waits for them: each with its preview, how far it is, and ways to try it again or leave it out. */
export function OutgoingFiles({ outgoing, place, tabIndex }: OutgoingFilesProps) {
  const strings = useToolStrings();
  const { files = [], uploads, attachments, isUnkept, status } = outgoing;
  const there = files.flatMap(({ attachment }) => attachment ?? []);
  // All are there since an earlier visit.
  if (!uploads && there.length === files.length) {
    return (
      <MessageFiles of={{ ...outgoing, attachments: [...(attachments ?? []), ...there] }} {...{ place, tabIndex }} />
    );
  }
  return (
    <>
      <MessageFiles of={outgoing} {...{ place, tabIndex }} />
      <ul className="gongu-tray gongu-outgoing-files" aria-label={strings.filesToSend}>
        {uploads
          ? uploads.map((upload, i) => <OutgoingFile key={files[i]?.id ?? i} {...{ upload, tabIndex }} />)
          : files.map(({ id, name, size }) => (
              <li key={id}>
                <span aria-hidden="true">⤒</span>
                <span>
                  <bdi>{name}</bdi>
                  <small>{sizeOf(size)}</small>
                </span>
              </li>
            ))}
      </ul>
      {isUnkept && status !== 'sent' && <small className="gongu-unkept">{strings.stayHere}</small>}
    </>
  );
}

/** Pixels of a thumbnail's longer side, as the service makes it. */
const THUMBNAIL = 480;

function OutgoingFile({ upload, tabIndex }: { readonly upload: Upload; readonly tabIndex: number }) {
  const { attachment } = useSyncExternalStore(upload.subscribe, upload.getSnapshot);
  const preview = usePreview(upload.file);
  const [natural, setNatural] = useState({ width: 0, height: 0 });
  const least = Math.min(1, THUMBNAIL / Math.max(natural.width, natural.height));
  // As large as it will be once it is sent.
  const box = attachment?.thumbnail ?? { width: natural.width * least, height: natural.height * least };
  const picture =
    preview === null ? null : (
      <img
        className="gongu-preview"
        src={preview}
        alt=""
        style={{ width: sideOf(box.width), aspectRatio: `${box.width} / ${box.height}` }}
        onLoad={({ currentTarget: { naturalWidth: width, naturalHeight: height } }) => setNatural({ width, height })}
      />
    );
  return <UploadItem upload={upload} onRemove={upload.cancel} tabIndex={tabIndex} picture={picture} />;
}
