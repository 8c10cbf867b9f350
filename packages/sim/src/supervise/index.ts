export { answersOk } from './answers-ok.ts';
export { readEnvFile } from './env-file.ts';
export { createRegister, endLeftovers } from './leftovers.ts';
export { createLifecycle, type Lifecycle, type Stoppable } from './lifecycle.ts';
export { readable } from './log-line.ts';
export { type Run, runUntilSignal } from './run-until-signal.ts';
export { stopOnSignal } from './stop-on-signal.ts';
export { createTerminal, type Terminal } from './terminal.ts';
export { openWorkplace, type Workplace } from './workplace.ts';
