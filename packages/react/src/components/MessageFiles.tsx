import type { Message, Outgoing } from '@gongu/client';
import { type FilesPlace, sideOf } from './files-place.ts';
import { LazyPart } from './LazyPart.tsx';
import { filesOf } from './message-actions.ts';

/** Half a thumbnail's pixels are a picture's, so that it is sharp on any screen; a file's row takes as many as this. */
const ROW = 48;
const GAP = 4;

/** A message's files, if any. Their room is kept from the first rendering on, so that nothing jumps. */
export function MessageFiles({
  of,
  ...rest
}: {
  readonly of: Message | Outgoing;
  readonly place: FilesPlace;
  readonly tabIndex: number;
}) {
  const files = filesOf(of);
  if (!files[0]) return null;
  const minHeight = files.reduce(
    (sum, { thumbnail }) => sum + GAP + (thumbnail ? sideOf(thumbnail.height) : ROW),
    -GAP,
  );
  return (
    <div className="gongu-files" style={{ minHeight }}>
      <LazyPart load={loadFiles} props={{ files, ...rest }} />
    </div>
  );
}

const loadFiles = async () => (await import('./Attachments.tsx')).Attachments;
