import type { Picture } from '@gongu/shared';
import { type DragEvent, useEffect, useId, useRef, useState } from 'react';
import { ApiError, codeOf } from '../api/api-error.ts';
import { newPictureId, uploadPicture } from '../api/upload-picture.ts';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { pictureRefusal } from '../i18n/picture-refusals.ts';
import { pictureStrings } from '../i18n/picture-strings.ts';
import { useServices } from '../session/SessionProvider.tsx';

/** Most of a product, and the bytes of one: as trade has them unless told otherwise. */
const MOST = 10;
const MOST_BYTES = 10_485_760;

/** One of the form's pictures. */
interface Item {
  readonly id: string;
  /** Where this browser has it, or trade. */
  readonly preview: string;
  /** What is still to be uploaded; null: it is there. */
  readonly file: File | null;
  /** Share of its bytes that are there. */
  readonly share: number;
  readonly error: unknown;
}

/**
 * A product's pictures: chosen, dropped or pasted, and uploaded at once. The form finds the ids of those that are there by
 * `pictures`, and by `picturesPending` that some are not.
 */
export function PicturesField({
  pictures,
  isWrong,
}: {
  readonly pictures: readonly Picture[];
  readonly isWrong: boolean;
}) {
  const { locale } = useStrings();
  const strings = pictureStrings(locale);
  const { trade, token } = useServices();
  const id = useId();
  const [items, setItems] = useState<readonly Item[]>(() =>
    pictures.map((one) => ({ id: one.id, preview: trade.urlOf(one.thumbnailUrl), file: null, share: 1, error: null })),
  );
  const [said, setSaid] = useState<readonly string[]>([]);
  const latest = useRef(items);
  latest.current = items;
  const uploads = useRef(new Map<string, AbortController>());
  const chooser = useRef<HTMLInputElement>(null);

  // What was begun is given up with the form.
  useEffect(() => {
    const under = uploads.current;
    return () => {
      for (const one of under.values()) one.abort();
      for (const { preview, file } of latest.current) if (file) URL.revokeObjectURL(preview);
    };
  }, []);
  const adding = useRef(add);
  adding.current = add;
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length === 0) return;
      event.preventDefault();
      adding.current(files);
    };
    addEventListener('paste', paste);
    return () => removeEventListener('paste', paste);
  }, []);

  const change = (of: string, changed: Partial<Item>) =>
    setItems((before) => before.map((item) => (item.id === of ? { ...item, ...changed } : item)));

  function add(files: readonly File[]): void {
    const faults: string[] = [];
    const taken = files.filter((file) => {
      const fault =
        /\.hei[cf]$/i.test(file.name) || /^image\/hei[cf]/.test(file.type) ? strings.heic : strings.noPicture;
      const isPicture = file.type.startsWith('image/') && fault !== strings.heic;
      if (!isPicture) faults.push(fault(file.name));
      else if (file.size > MOST_BYTES) faults.push(strings.tooLarge(file.name));
      return isPicture && file.size <= MOST_BYTES;
    });
    const room = MOST - latest.current.length;
    if (taken.length > room) faults.push(strings.tooMany);
    const added = taken.slice(0, room).map((file) => {
      return { id: newPictureId(), preview: URL.createObjectURL(file), file, share: 0, error: null };
    });
    setSaid(faults);
    setItems((before) => [...before, ...added]);
    for (const one of added) void upload(one.id, one.file);
  }

  async function upload(of: string, file: File): Promise<void> {
    const under = new AbortController();
    uploads.current.set(of, under);
    change(of, { error: null, share: 0 });
    try {
      const onProgress = (share: number) => change(of, { share });
      await uploadPicture(of, { url: trade.url, file, token, onProgress, signal: under.signal });
      change(of, { file: null, share: 1 });
    } catch (error) {
      if (!under.signal.aborted) change(of, { error });
    } finally {
      uploads.current.delete(of);
    }
  }
  function remove({ id: of, preview, file }: Item): void {
    uploads.current.get(of)?.abort();
    if (file) URL.revokeObjectURL(preview);
    setItems((before) => before.filter((item) => item.id !== of));
    chooser.current?.focus();
  }
  function move(at: number, by: number): void {
    // Of what is known by then: one may have arrived that is not drawn yet.
    setItems((before) => {
      const next = [...before];
      next.splice(at + by, 0, ...next.splice(at, 1));
      return next;
    });
  }
  function drop(event: DragEvent): void {
    event.preventDefault();
    add([...event.dataTransfer.files]);
  }

  const failed = items.filter(({ error }) => error !== null).length;
  const pending = items.filter(({ file }) => file !== null).length - failed;
  return (
    <fieldset
      className="pictures-field"
      aria-describedby={`${id}-hint`}
      onDragOver={(event) => event.preventDefault()}
      onDrop={drop}
    >
      <legend>{strings.title}</legend>
      <small id={`${id}-hint`}>{strings.hint}</small>
      {isWrong && pending + failed > 0 && (
        <small className="rule" role="alert">
          {strings.wait}
        </small>
      )}
      {items.length > 0 && (
        <ol>
          {items.map((item, at) => (
            <li key={item.id} data-state={item.error !== null ? 'failed' : item.file ? 'uploading' : 'there'}>
              <img src={item.preview} alt={strings.picture(at + 1, items.length)} width={160} height={120} />
              {item.file === null && <input type="hidden" name="pictures" value={item.id} />}
              {at === 0 && <span className="badge">{strings.first}</span>}
              {item.file && item.error === null && (
                <progress max={1} value={item.share} aria-label={strings.uploading(at + 1)} />
              )}
              {item.error !== null && <Refusal error={item.error} />}
              <span className="row">
                {item.error !== null && (
                  <button
                    type="button"
                    className="small"
                    aria-label={strings.retry(at + 1)}
                    onClick={() => void upload(item.id, item.file!)}
                  >
                    ↻
                  </button>
                )}
                <button
                  type="button"
                  className="small"
                  disabled={at === 0}
                  aria-label={strings.earlier(at + 1)}
                  onClick={() => move(at, -1)}
                >
                  ←
                </button>
                <button
                  type="button"
                  className="small"
                  disabled={at === items.length - 1}
                  aria-label={strings.later(at + 1)}
                  onClick={() => move(at, 1)}
                >
                  →
                </button>
                <button
                  type="button"
                  className="small"
                  aria-label={strings.remove(at + 1)}
                  onClick={() => remove(item)}
                >
                  ×
                </button>
              </span>
            </li>
          ))}
        </ol>
      )}
      {pending + failed > 0 && <input type="hidden" name="picturesPending" value="1" />}
      <label className="button">
        {strings.choose}
        <input
          ref={chooser}
          className="hidden"
          type="file"
          accept="image/*"
          multiple
          onChange={({ target }) => {
            add([...(target.files ?? [])]);
            // The same again is a choice, too.
            target.value = '';
          }}
        />
      </label>
      <small role="status">{items.length > 0 && strings.state(items.length, pending, failed)}</small>
      {said.length > 0 && (
        <div className="rule" role="alert">
          {said.map((text) => (
            <p key={text}>{text}</p>
          ))}
        </div>
      )}
    </fieldset>
  );
}

/** Why one was not taken. Where the service has said more than is known here, that beside it. */
function Refusal({ error }: { readonly error: unknown }) {
  const { locale, errors } = useStrings();
  const { code, reason, maxBytes, message = '' } = error instanceof ApiError ? error : {};
  const text = pictureRefusal(locale, code === 'TOO_LARGE' ? code : reason, maxBytes);
  const isMore = code === 'UPLOAD_REFUSED' && !text;
  return (
    <small className="rule" role="alert">
      {text ?? errors[codeOf(error)]} {isMore && <span lang="en">{message}</span>}
    </small>
  );
}
