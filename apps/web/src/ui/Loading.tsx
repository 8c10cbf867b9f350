import { useStrings } from '../i18n/LocaleProvider.tsx';

export function Loading() {
  return (
    <p className="loading" role="status">
      {useStrings().loading}
    </p>
  );
}
