import { errorEvent, fieldErrors, withoutBom } from '@gongu/shared';
import type { z } from 'zod';
import type { Step } from '../../protocol/codec.ts';

/** A frame of a plain-JSON client by its schema, or the step that says what is wrong with it. */
export function readPlain<T extends z.ZodType>(schema: T, frame: string | Uint8Array): { value: z.output<T> } | Step {
  let value: unknown;
  try {
    const text = typeof frame === 'string' ? frame : new TextDecoder('utf-8', { fatal: true }).decode(frame);
    value = JSON.parse(withoutBom(text));
  } catch {
    return bad();
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return bad();
  const result = schema.safeParse(value);
  if (result.success) return { value: result.data };
  const errors = fieldErrors(result.error.issues);
  return { kind: 'refused', error: errorEvent('VALIDATION_FAILED', 'The frame is not valid', { errors }) };
}

function bad(): Step {
  return { kind: 'bad', error: errorEvent('BAD_FRAME', 'A frame must be one JSON object') };
}
