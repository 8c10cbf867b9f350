import type { Signal } from './bus.ts';

/**
 * Tells a fact, once: to the rooms in this instance's memory at once, and to the other instances. A second copy of a
 * message is harmless, as its `seq` shows it; anything else may be lost.
 */
export type Emit = (signal: Signal) => void;
