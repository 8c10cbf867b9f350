type Claims = Readonly<Record<string, unknown>>;

const FAR_S = 4_000_000_000;
/** Numbers that are no moment of a JavaScript date, and what is no number. */
const NO_MOMENTS = [
  ...[8_640_000_000_001, 8.64e15 + 1, 1e16, Number.MAX_SAFE_INTEGER, 1e300, -8_640_000_000_001, -1e16, -1e300],
  ...['4000000000', '2099-01-01T00:00:00Z', 'soon', true, false, {}, [FAR_S], { seconds: FAR_S }],
];

const named = (claims: Claims): [string, Claims] => [JSON.stringify(claims), claims];

/** Times with which no token is good, each with what it is called. The other claims are up to the test. */
export const BAD_TIMES: readonly [string, Claims][] = [
  ...NO_MOMENTS.map((exp) => named({ exp })),
  ...[null, '', [], -1, -0, 0, 0.5, 1, 1e9, -8.64e12].map((exp) => named({ exp })),
  ['no exp', { exp: undefined }],
  ...NO_MOMENTS.map((nbf) => named({ exp: FAR_S, nbf })),
  ...[FAR_S, 8.64e12].map((nbf) => named({ exp: FAR_S, nbf })),
  ...NO_MOMENTS.map((iat) => named({ exp: FAR_S, iat })),
  ...[FAR_S, 8.64e12].map((iat) => named({ exp: FAR_S, iat })),
];

/** Times that are unusual and good. */
export const GOOD_TIMES: readonly [string, Claims][] = [
  ...[FAR_S + 0.5, 253_402_300_799, 253_402_300_800, 1e12, 8.64e12].map((exp) => named({ exp })),
  ...[null, '', 0, -0, -1, 0.5, -8.64e12].map((nbf) => named({ exp: FAR_S, nbf })),
  ...[null, '', 0, -1, 1e9 + 0.5].map((iat) => named({ exp: FAR_S, iat })),
];
