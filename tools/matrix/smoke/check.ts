import type { Scene } from './scene.ts';

/** One thing that holds wherever gongu is put. */
export interface Check {
  readonly name: string;
  /** @throws Error naming what did not hold */
  run(scene: Scene): Promise<void>;
}
