/**
 * A reason not to start that the operator can do something about. `runMain` prints its message as it stands, so the
 * message says what is wrong and where, and needs no stack.
 */
export class StartError extends Error {
  override name = 'StartError';
}
