import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Absolute path below the repository's root, whatever the working directory: `inRepository('prisma/chat')`. */
export function inRepository(...path: string[]): string {
  // Source and bundles lie at different depths.
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'pnpm-workspace.yaml'))) folder = dirname(folder);
  return resolve(folder, ...path);
}
