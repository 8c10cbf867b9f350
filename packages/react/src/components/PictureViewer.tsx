import type { Attachment, AttachmentLink, Result } from '@gongu/client';
import type { AttachmentLinks } from '@gongu/client/files';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useConnection } from '../chat/useConnection.ts';
import { useToolStrings } from '../chat/useToolStrings.ts';

export interface PictureViewerProps {
  readonly pictures: readonly Attachment[];
  /** The first one that is shown. */
  readonly start: number;
  readonly get: AttachmentLinks['get'];
  readonly onClose: () => void;
}

/** Where a picture is, and whether it did not come from there. */
interface Answer {
  readonly id: string;
  readonly link: Result<AttachmentLink>;
  readonly isBroken: boolean;
}

/** Pictures of a message, one at a time over the whole window: arrows change it, Escape closes. */
export function PictureViewer({ pictures, start, get, onClose }: PictureViewerProps) {
  const strings = useToolStrings();
  const dialog = useRef<HTMLDialogElement>(null);
  const again = useRef<HTMLButtonElement>(null);
  const [at, setAt] = useState(start);
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [turn, setTurn] = useState(0);
  const isReady = useConnection().status === 'ready';
  const picture = pictures[at]!;
  const { id } = picture;
  const shown = answer?.id === id ? answer : null;
  const link = shown?.link.ok ? shown.link.value : null;
  const hasFailed = shown !== null && (link === null || shown.isBroken);
  useEffect(() => {
    if (!dialog.current?.open) dialog.current?.showModal();
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what could not be had is asked for by a press, and with the next connection
  useEffect(() => {
    if (shown && !hasFailed) return;
    let isHere = true;
    void get(id, { isAnew: hasFailed }).then((found) => {
      if (!isHere) return;
      // The button that was pressed goes.
      if (found.ok && again.current?.matches(':focus')) dialog.current?.querySelector('button')?.focus();
      setAnswer({ id, link: found, isBroken: false });
    });
    return () => {
      isHere = false;
    };
  }, [get, id, turn, isReady]);
  /** It did not come: the service knows whether it is gone. */
  function broken(): void {
    setAnswer((before) => before && { ...before, isBroken: true });
    void get(id, { isAnew: true }).then((found) => {
      if (isGone(found)) setAnswer((before) => (before?.id === id ? { id, link: found, isBroken: false } : before));
    });
  }
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
      {hasFailed ? (
        <p role="alert">
          <span>{isGone(shown.link) ? strings.fileGone : strings.notLoaded}</span>
          {!isGone(shown.link) && (
            <button ref={again} type="button" onClick={() => setTurn(turn + 1)}>
              {strings.tryAgain}
            </button>
          )}
        </p>
      ) : (
        <img
          key={id}
          onError={broken}
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

function isGone(link: Result<AttachmentLink>): boolean {
  return !link.ok && link.error.code === 'NOT_FOUND';
}
