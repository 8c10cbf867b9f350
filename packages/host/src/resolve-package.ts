import { createRequire } from 'node:module';

/**
 * Absolute path of an npm package's file, as this package sees it. A service's bundle contains this code but lies
 * elsewhere, where pnpm shows only the service's own dependencies; from there the way leads through `@gongu/host`.
 *
 * @param specifier what an `import` would name
 * @param from resolve as that file would. Default: this package
 */
export function resolvePackage(specifier: string, from: string = import.meta.url): string {
  const require = createRequire(from);
  try {
    return require.resolve(specifier);
  } catch (error) {
    let host: string;
    try {
      host = require.resolve('@gongu/host');
    } catch {
      throw error;
    }
    return createRequire(host).resolve(specifier);
  }
}
