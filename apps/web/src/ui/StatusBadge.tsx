import type { Product } from '@gongu/shared';
import { useStrings } from '../i18n/LocaleProvider.tsx';

export function StatusBadge({ status }: { readonly status: Product['status'] }) {
  return (
    <span className="badge" data-status={status}>
      {useStrings().statuses[status]}
    </span>
  );
}
