import { cpus, type as osType, release, totalmem } from 'node:os';

/** This machine in a line, for reports: processors, memory, kernel, Node. */
export function machine(): string {
  const all = cpus();
  const gib = Math.round(totalmem() / 2 ** 30);
  const model = all[0]?.model.trim() || process.arch;
  return `${all.length} × ${model}, ${gib} GiB, ${osType()} ${release()}, Node ${process.versions.node}`;
}
