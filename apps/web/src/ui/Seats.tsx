import type { Product } from '@gongu/shared';
import { useStrings } from '../i18n/LocaleProvider.tsx';

/** How many places are left, as a number and as a bar. */
export function Seats({ product }: { readonly product: Product }) {
  const strings = useStrings();
  const { participantCount, maxParticipants, seatsLeft, status } = product;
  const isOpen = status === 'RECRUITING';
  return (
    <div className="seats" data-few={isOpen && seatsLeft <= Math.max(3, maxParticipants / 10)}>
      <span className="seats-left">
        {isOpen ? (seatsLeft > 0 ? strings.seatsLeft(seatsLeft) : strings.full) : null}
      </span>
      <span className="seats-taken">{strings.taken(participantCount, maxParticipants)}</span>
      <progress
        max={maxParticipants}
        value={participantCount}
        aria-label={strings.taken(participantCount, maxParticipants)}
      />
    </div>
  );
}
