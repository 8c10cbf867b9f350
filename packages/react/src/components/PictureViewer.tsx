import type { Attachment, AttachmentLink } from '@gongu/client';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useToolStrings } from '../chat/useToolStrings.ts';

export interface PictureViewerProps {
  readonly pictures: readonly Attachment[];
  /** The first one that is shown. */
  readonly start: number;
  readonly get: (attachmentId: string) => Promise<AttachmentLink | null>;
  readonly onClose: () => void;
}

/** Pictures of a message, one at a time over the whole window: arrows change it, Escape closes. */
export function PictureViewer({ pictures, start, get, onClose }: PictureViewerProps) {
  const strings = useToolStrings();
  const dialog = useRef<HTMLDialogElement>(null);
  const [at, setAt] = useState(start);
  const [link, setLink] = useState<AttachmentLink | 'gone' | null>(null);
  const picture = pictures[at]!;
  useEffect(() => {
    if (!dialog.current?.open) dialog.current?.showModal();
  }, []);
  useEffect(() => {
    let isHere = true;
    setLink(null);
    void get(picture.id).then((found) => isHere && setLink(found ?? 'gone'));
    return () => {
      isHere = false;
    };
  }, [get, picture.id]);
  const move = (by: number) => setAt((at + by + pictures.length) % pictures.length);
  function onKeyDown({ key }: KeyboardEvent): void {
    if (pictures.length < 2) return;
    if (key === 'ArrowLeft') move(-1);
    if (key === 'ArrowRight') move(1);
  }
  return (
    <dialog ref={dialog} className="gongu-viewer" aria-label={picture.name} onKeyDown={onKeyDown} onClose={onClose}>
      <p>
        <bdi>{picture.name}</bdi>
        {pictures.length > 1 && (
          <span role="status">
            {at + 1} / {pictures.length}
          </span>
        )}
        <button type="button" onClick={() => dialog.current?.close()}>
          {strings.close}
        </button>
      </p>
      {link === 'gone' ? (
        <p role="alert">{strings.fileGone}</p>
      ) : (
        <img
          {...(link ? { src: link.url } : {})}
          alt={picture.name}
          width={picture.width}
          height={picture.height}
          aria-busy={link === null}
        />
      )}
      {pictures.length > 1 && (
        <p>
          <button type="button" aria-label={strings.previousPicture} onClick={() => move(-1)}>
            ‹
          </button>
          <button type="button" aria-label={strings.nextPicture} onClick={() => move(1)}>
            ›
          </button>
        </p>
      )}
    </dialog>
  );
}
