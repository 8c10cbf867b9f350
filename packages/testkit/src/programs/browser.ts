import { spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import * as esbuild from 'esbuild';
import { type Browser, chromium } from 'playwright-core';

export { axeViolations } from './axe.ts';
export { showOnFailure } from './shown-on-failure.ts';

/** Debian's Chromium, and what others call it. */
const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome'];
/** Chromium's engine without the windows around a page: a page costs two thirds of the CPU, a start a third. */
const SHELL = 'chromium-headless-shell';

/** Nothing of a browser's own goes to the network; as root and in containers it has no sandbox. */
export const BROWSER_FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * With a window's own list under the address bar, every page begins two more processes that draw it: half of what a page
 * costs. Chromium heeds only the last list of features, so Playwright's own are repeated.
 */
const DISABLED_FEATURES = [
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsUpgrades',
  'HttpsFirstBalancedModeAutoEnable',
  'LensOverlay',
  'MediaRouter',
  'PaintHolding',
  'ThirdPartyStoragePartitioning',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'TcpPortRandomizationWin',
  'OptimizationHints',
  'NetworkTimeServiceQuerying',
  'AimEnabled',
  'PreconnectToSearch',
  'msForceBrowserSignIn',
  'msEdgeUpdateLaunchServicesPreferredVersion',
];

/** The path of what the PATH has, or of what `CHROMIUM` names; `undefined` without one. */
export function browserProgram(): string | undefined {
  return process.env.CHROMIUM || PROGRAMS.map(onPath).find((path) => path !== undefined);
}

function onPath(name: string): string | undefined {
  const { stdout } = spawnSync('sh', ['-c', 'command -v "$0"', name], { encoding: 'utf8' });
  return stdout?.trim() || undefined;
}

export interface BrowserOptions {
  /**
   * The whole browser, as people have it. Without, its engine alone where Debian's `chromium-headless-shell` is there
   * and `CHROMIUM` names no other. @default true
   */
  readonly whole?: boolean;
}

/** A real browser: that of {@link browserProgram}. Close it at the end of the file. @throws Error where there is none */
export async function startBrowser({ whole = true }: BrowserOptions = {}): Promise<Browser> {
  const program = (whole || process.env.CHROMIUM ? undefined : onPath(SHELL)) ?? browserProgram();
  if (!program) throw new Error('there is no Chromium: install Debian’s package chromium, or set CHROMIUM');
  const args = [...BROWSER_FLAGS, `--disable-features=${DISABLED_FEATURES.join()}`];
  return chromium.launch({ executablePath: program, args });
}

export interface TestPage {
  /** `http://127.0.0.1:…/` */
  readonly url: string;
  close(): Promise<void>;
}

export interface TestPageOptions {
  /** The page's script, TypeScript or TSX; absolute. */
  readonly entry: string;
  /** `Content-Security-Policy` of the page. Default: nothing but its own, and connections anywhere. */
  readonly csp?: string;
  /** Packages that others stand for, by name: absolute folders. */
  readonly alias?: Readonly<Record<string, string>>;
  /** As libraries are told that they run. Default `development`. */
  readonly mode?: 'development' | 'production';
}

/** React's development build draws each render and effect into the tracks of DevTools, where the console has these. */
const UNTRACED = 'delete console.timeStamp; delete console.createTask;';

/** Serves a page with one bundled script, `/page.js`, its styles, `/page.css`, and a `<div id="root">`. */
export async function servePage({
  entry,
  csp = STRICT,
  alias = {},
  mode = 'development',
}: TestPageOptions): Promise<TestPage> {
  const { outputFiles } = await esbuild.build({
    entryPoints: [entry],
    outfile: 'page.js',
    bundle: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    alias,
    banner: { js: UNTRACED },
    define: { 'process.env.NODE_ENV': JSON.stringify(mode) },
    write: false,
  });
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>test</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><link rel="stylesheet" href="/page.css"></head>
<body><div id="root"></div><script type="module" src="/page.js"></script></body></html>`;
  const files: Record<string, [type: string, text: string]> = {
    '/': ['text/html', html],
    '/page.css': ['text/css', textOf('.css')],
    '/page.js': ['text/javascript', textOf('.js')],
  };
  function textOf(extension: string): string {
    return outputFiles.find(({ path }) => path.endsWith(extension))?.text ?? '';
  }

  const server = createServer((request, response) => {
    const [type, text] = files[new URL(request.url ?? '/', 'http://page').pathname] ?? [];
    response.writeHead(text === undefined ? 404 : 200, {
      'content-type': `${type ?? 'text/plain'}; charset=utf-8`,
      'content-security-policy': csp,
    });
    response.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const STRICT = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data: blob: http:; connect-src *";
