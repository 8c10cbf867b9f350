import { type ComponentType, createElement, use } from 'react';
import { ApiError } from '../api/api-error.ts';

/** A component in a file of its own. */
export interface SeparatePart<Props> {
  /** Waits for its file, in a `PartBoundary`. What is loaded already is rendered at once. */
  readonly Part: ComponentType<Props>;
  /** Loads the file ahead of need. @throws ApiError NETWORK when it does not come */
  load(): Promise<void>;
}

/** A part's file did not come. */
export class MissingPart extends ApiError {
  /** Has the file asked for once more when the part is rendered again. */
  readonly forget: () => void;

  constructor(detail: string, forget: () => void) {
    super('NETWORK', detail);
    this.forget = forget;
  }
}

/** Not React's `lazy`: that one waits a turn for what is there already, and never asks again for what did not come. */
export function separatePart<Props extends object>(
  importPart: () => Promise<ComponentType<Props>>,
): SeparatePart<Props> {
  let loaded: ComponentType<Props> | null = null;
  let loading: Promise<void> | null = null;
  const forget = () => {
    loading = null;
  };
  function begin(): Promise<void> {
    loading ??= importPart().then(
      (part) => {
        loaded = part;
      },
      (error: unknown) => {
        throw new MissingPart(error instanceof Error ? error.message : 'A file of the page did not come', forget);
      },
    );
    return loading;
  }
  // biome-ignore lint/correctness/noComponentHookFactories: made once for each part, at module level
  function Part(props: Props) {
    if (loaded === null) use(begin());
    return loaded && createElement(loaded, props);
  }
  return {
    Part,
    async load() {
      try {
        await begin();
      } catch (error) {
        forget();
        throw error;
      }
    },
  };
}
