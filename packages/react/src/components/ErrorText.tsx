import type { ChatError } from '@gongu/client';
import { useToolStrings } from '../chat/useToolStrings.ts';

/** Why something was refused, in words; nothing without an error. */
export function ErrorText({ error }: { readonly error: ChatError | null }) {
  const strings = useToolStrings();
  return error && strings.error(error);
}
