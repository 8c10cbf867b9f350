import type { Address } from '@gongu/shared';

/** An address as it is written on a parcel. */
export function AddressLines({ address }: { readonly address: Address }) {
  const { recipient, phone, postalCode, line1, line2, memo } = address;
  return (
    <address>
      <bdi>{recipient}</bdi> · <bdi>{phone}</bdi>
      <br />
      {postalCode} <bdi>{line1}</bdi> {line2 && <bdi>{line2}</bdi>}
      {memo && (
        <>
          <br />
          <small>
            <bdi>{memo}</bdi>
          </small>
        </>
      )}
    </address>
  );
}
