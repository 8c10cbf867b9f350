import type { Attachment, AttachmentLink } from '@gongu/client';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useConnection } from '../chat/useConnection.ts';
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
  const [asked, setAsked] = useState<{ readonly id: string; readonly link: AttachmentLink | null } | null>(null);
  const [isBroken, setIsBroken] = useState(false);
  const isReady = useConnection().status === 'ready';
  const picture = pictures[at]!;
  const answer = asked?.id === picture.id ? asked : null;
  const link = answer?.link ?? null;
  useEffect(() => {
    if (!dialog.current?.open) dialog.current?.showModal();
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what could not be had is asked for with the next connection
  useEffect(() => {
    if (link !== null) return;
    let isHere = true;
    void get(picture.id).then((found) => isHere && setAsked({ id: picture.id, link: found }));
    return () => {
      isHere = false;
    };
  }, [get, picture.id, link, isReady]);
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
      {answer && link === null ? (
        <p role="alert">{isReady ? strings.fileGone : strings.notLoaded}</p>
      ) : (
        <img
          // One that did not come is loaded anew with the next connection.
          key={`${picture.id} ${isBroken && isReady}`}
          onError={() => setIsBroken(true)}
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
