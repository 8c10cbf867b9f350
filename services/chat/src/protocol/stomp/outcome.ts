import type { ErrorCode, FieldError } from '@gongu/shared';
import type { Step } from '../codec.ts';

/** What a client's frame leads to. */
export type Outcome =
  /** `steps`, and a receipt at once where one was asked for. */
  | { readonly kind: 'done'; readonly steps: readonly Step[] }
  /** `steps`; the receipt comes with the answer to their command. */
  | { readonly kind: 'asked'; readonly steps: readonly Step[] }
  /** Readable, and not possible: told on the error queue, or by ERROR and the close where there is none. */
  | {
      readonly kind: 'refused';
      readonly code: ErrorCode;
      readonly message: string;
      readonly errors?: readonly FieldError[];
    }
  /** No STOMP as the specification has it: ERROR and the close. */
  | { readonly kind: 'malformed'; readonly message: string; readonly code?: ErrorCode };

export const done = (...steps: Step[]): Outcome => ({ kind: 'done', steps });
export const asked = (...steps: Step[]): Outcome => ({ kind: 'asked', steps });
export const refused = (code: ErrorCode, message: string, errors?: readonly FieldError[]): Outcome => ({
  kind: 'refused',
  code,
  message,
  errors,
});
export const malformed = (message: string, code?: ErrorCode): Outcome => ({ kind: 'malformed', message, code });
