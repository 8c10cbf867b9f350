import type { Attachment } from '@gongu/client';
import { type AttachmentLinks, createAttachmentLinks } from '@gongu/client/files';
import { useEffect, useRef, useState } from 'react';
import { useChatClient } from '../chat/chat-context.ts';
import { useConnection } from '../chat/useConnection.ts';
import { useToolStrings } from '../chat/useToolStrings.ts';
import { drawBlurhash } from './blurhash.ts';
import { type FilesPlace, sideOf } from './files-place.ts';
import { LazyPart } from './LazyPart.tsx';

export interface AttachmentsProps {
  readonly files: readonly Attachment[];
  readonly place: FilesPlace;
  readonly tabIndex: number;
}

/** A message's files: pictures, which open over the whole window, and rows of what is there to be saved. */
export function Attachments({ files, place, tabIndex }: AttachmentsProps) {
  const client = useChatClient();
  const [shown, setShown] = useState<number | null>(null);
  place.links ??= createAttachmentLinks(client, place.roomId);
  const { links } = place;
  const pictures = files.filter(({ thumbnail }) => thumbnail !== undefined);
  return (
    <>
      {files.map((file) => {
        const at = pictures.indexOf(file);
        return at >= 0 ? (
          <Picture key={file.id} file={file} get={links.get} tabIndex={tabIndex} onOpen={() => setShown(at)} />
        ) : (
          <FileRow key={file.id} file={file} get={links.get} tabIndex={tabIndex} />
        );
      })}
      {shown !== null && (
        <LazyPart
          load={loadViewer}
          props={{ pictures, start: shown, get: links.get, onClose: () => setShown(null) }}
          onFailed={() => setShown(null)}
        />
      )}
    </>
  );
}

const loadViewer = async () => (await import('./PictureViewer.tsx')).PictureViewer;

interface FileProps {
  readonly file: Attachment;
  readonly get: AttachmentLinks['get'];
  readonly tabIndex: number;
}

/** Milliseconds before a thumbnail that did not come is asked for anew, twice as long each time, and how often. */
const PAUSE_MS = 2_000;
const TRIES_MAX = 5;

interface PictureState {
  readonly url: string | null;
  readonly tries: number;
  readonly hasFailed: boolean;
}

function Picture({ file, get, tabIndex, onOpen }: FileProps & { readonly onOpen: () => void }) {
  const strings = useToolStrings();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [{ url, tries, hasFailed }, setPicture] = useState<PictureState>({ url: null, tries: 0, hasFailed: false });
  const isReady = useConnection().status === 'ready';
  const blurhash = file.thumbnail!.blurhash;
  useEffect(() => {
    if (canvas.current) drawBlurhash(canvas.current, blurhash);
  }, [blurhash]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what did not come is asked for anew, and so with a connection
  useEffect(() => {
    if (url !== null) return;
    let isHere = true;
    void get(file.id, { isAnew: tries > 0 }).then((link) => {
      if (!isHere) return;
      const isGone = !link.ok && link.error.code === 'NOT_FOUND';
      const found = link.ok ? (link.value.thumbnailUrl ?? null) : null;
      setPicture({ url: found, tries, hasFailed: found === null && !isGone });
    });
    return () => {
      isHere = false;
    };
  }, [get, file.id, tries, isReady]);
  useEffect(() => {
    if (!hasFailed || tries >= TRIES_MAX) return;
    const again = () => setPicture({ url: null, tries: tries + 1, hasFailed: false });
    const timer = setTimeout(again, PAUSE_MS * 2 ** tries);
    return () => clearTimeout(timer);
  }, [hasFailed, tries]);
  const { width, height } = file.thumbnail!;
  const box = { width: sideOf(width), height: sideOf(height) };
  return (
    <button
      type="button"
      className="gongu-picture"
      tabIndex={tabIndex}
      style={box}
      aria-label={strings.openPicture(file.name)}
      onClick={onOpen}
    >
      <canvas ref={canvas} width={32} height={32} />
      {url !== null && (
        <img
          src={url}
          alt=""
          width={box.width}
          height={box.height}
          decoding="async"
          onError={() => setPicture({ url: null, tries, hasFailed: true })}
        />
      )}
    </button>
  );
}

function FileRow({ file, get, tabIndex }: FileProps) {
  const strings = useToolStrings();
  const [error, setError] = useState<string | null>(null);
  async function save(): Promise<void> {
    const link = await get(file.id);
    setError(link.ok ? null : link.error.code === 'NOT_FOUND' ? strings.fileGone : strings.notLoaded);
    // It is told to be saved by its own answer, so that the page stays.
    if (link.ok) location.assign(link.value.url);
  }
  return (
    <button type="button" className="gongu-file" tabIndex={tabIndex} onClick={() => void save()}>
      <span aria-hidden="true">⤓</span>
      <span>
        <span className="gongu-hidden">{strings.download} </span>
        <bdi>{file.name}</bdi>
        <small>{error ?? sizeOf(file.bytes)}</small>
      </span>
    </button>
  );
}

/** A file's size as people read it. */
export function sizeOf(bytes: number): string {
  if (bytes < 1_000_000) return `${Math.max(1, Math.round(bytes / 1_000))} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
