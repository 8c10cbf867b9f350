import { useStrings } from '../i18n/LocaleProvider.tsx';

export function UnreadCount({ count }: { readonly count: number }) {
  const strings = useStrings();
  if (count === 0) return null;
  return (
    <span className="unread">
      <span aria-hidden="true">{count > 99 ? '99+' : count}</span>
      <span className="hidden"> {strings.unread(count)}</span>
    </span>
  );
}
