/** One instruction; `rest` is its line without continuations. */
export interface DockerStep {
  readonly instruction: string;
  readonly rest: string;
}

export interface DockerStage {
  readonly name: string;
  readonly image: string;
  readonly steps: readonly DockerStep[];
}

/** Reads the part of the Dockerfile format that this repository uses. */
export function parseDockerfile(text: string): DockerStage[] {
  const lines = text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const stages: { name: string; image: string; steps: DockerStep[] }[] = [];
  for (const line of lines) {
    const [, instruction = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (instruction === '') throw new Error(`no instruction: ${line}`);
    if (instruction !== 'FROM') {
      stages.at(-1)!.steps.push({ instruction, rest: rest.trim() });
      continue;
    }
    const [, image = '', name] = /^(\S+)(?: AS (\S+))?$/.exec(rest) ?? [];
    stages.push({ name: name ?? String(stages.length), image, steps: [] });
  }
  return stages;
}
