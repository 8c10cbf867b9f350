import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as Engine from '@prisma/schema-engine-wasm/schema_engine_bg';
import { resolvePackage } from '../resolve-package.ts';

/** The little of WebAssembly's interface that is used; Node's types leave it to the browser's. */
interface WasmLoader {
  instantiate(bytes: Uint8Array, imports: Record<string, unknown>): Promise<{ instance: { exports: object } }>;
}

// Code, not state: its JavaScript half keeps the one instance it works with, so a process must not make a second.
let loading: Promise<typeof Engine> | undefined;

/**
 * Prisma's schema engine as npm carries it: compiled to WebAssembly. (`prisma migrate` would download the native one.)
 * The package is made for a bundler, so the two halves are put together here.
 */
export function loadEngine(): Promise<typeof Engine> {
  loading ??= load();
  return loading;
}

async function load(): Promise<typeof Engine> {
  const folder = dirname(resolvePackage('@prisma/schema-engine-wasm'));
  const glue = (await import(pathToFileURL(join(folder, 'schema_engine_bg.js')).href)) as typeof Engine;
  // Where the engine reports that it is about to abort; left alone, all one would see is "unreachable".
  Object.assign(globalThis, {
    PRISMA_WASM_PANIC_REGISTRY: {
      set_message(message: string) {
        throw new Error(`Prisma's schema engine failed: ${message}`);
      },
    },
  });
  const { WebAssembly } = globalThis as unknown as { WebAssembly: WasmLoader };
  const bytes = await readFile(join(folder, 'schema_engine_bg.wasm'));
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': glue });
  glue.__wbg_set_wasm(instance.exports);
  (instance.exports as { __wbindgen_start(): void }).__wbindgen_start();
  return glue;
}
