import { codeOf } from '../api/api-error.ts';
import { useStrings } from '../i18n/LocaleProvider.tsx';

/** What went wrong, in words and by its code, and the way to try again. */
export function Failure({ error, retry }: { readonly error: unknown; readonly retry?: () => void }) {
  const strings = useStrings();
  const code = codeOf(error);
  return (
    <div className="failure" role="alert">
      <p>
        <span>{strings.errors[code] ?? strings.errors.INTERNAL}</span>{' '}
        <small>
          {strings.errorCode}: <code>{code}</code>
        </small>
      </p>
      {retry && (
        <button type="button" onClick={retry}>
          {strings.retry}
        </button>
      )}
    </div>
  );
}
