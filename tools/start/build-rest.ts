import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { StartError } from '@gongu/host';

/** `scripts/build.mjs`, which is loaded from its place: it builds what this program is built by. */
interface Building {
  build(options: {
    readonly web: boolean;
    readonly compressed: boolean;
    readonly admin: boolean;
    readonly commands: readonly string[];
    readonly npm: 'either' | 'outside';
  }): Promise<void>;
}

/** `scripts/compress-page.mjs`, likewise. */
interface Compressing {
  compressPage(folder: string, options: { readonly signal: AbortSignal }): Promise<void>;
}

export interface BuildRestOptions {
  /** The repository's folder. */
  readonly root: string;
  /** Page and services change with their sources. */
  readonly dev: boolean;
}

/**
 * Builds the services, and the page where it is served as built, as far as they changed; where there are no sources, nothing.
 *
 * @throws StartError with the reason, once the builder's messages are printed
 */
export async function buildRest({ root, dev }: BuildRestOptions): Promise<void> {
  const script = join(root, 'scripts', 'build.mjs');
  if (!existsSync(script)) return;
  const { build } = (await import(pathToFileURL(script).href)) as Building;
  try {
    await build({ web: !dev, compressed: false, admin: false, commands: [], npm: dev ? 'outside' : 'either' });
  } catch (error) {
    throw new StartError(`could not build: ${error instanceof Error ? error.message : error}`);
  }
}

/**
 * Writes what is sent of the page compressed: until it is there, the page is sent as it is. Where there are no sources, it is
 * there.
 *
 * @throws Error of the system: the page stays as it is
 */
export async function compressBuiltPage({ root, signal }: { root: string; signal: AbortSignal }): Promise<void> {
  const script = join(root, 'scripts', 'compress-page.mjs');
  if (!existsSync(script)) return;
  const { compressPage } = (await import(pathToFileURL(script).href)) as Compressing;
  await compressPage(join(root, 'apps', 'web', 'dist'), { signal });
}
