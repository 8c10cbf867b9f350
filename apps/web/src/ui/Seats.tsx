import type { Product } from '@gongu/shared';
import { useStrings } from '../i18n/LocaleProvider.tsx';

/** How many places are left, as a number and as a bar; and the units, where somebody takes more than one. */
export function Seats({ product }: { readonly product: Product }) {
  const strings = useStrings();
  const { participantCount, unitCount, maxParticipants, seatsLeft, status } = product;
  const taken = strings.taken(participantCount, maxParticipants);
  const isOpen = status === 'RECRUITING';
  return (
    <div className="seats" data-few={isOpen && seatsLeft <= Math.max(3, maxParticipants / 10)}>
      <span className="seats-left">
        {isOpen ? (seatsLeft > 0 ? strings.seatsLeft(seatsLeft) : strings.full) : null}
      </span>
      <span className="seats-taken">
        {unitCount > participantCount ? `${taken} · ${strings.units(unitCount)}` : taken}
      </span>
      <progress max={maxParticipants} value={participantCount} aria-label={taken} />
    </div>
  );
}
