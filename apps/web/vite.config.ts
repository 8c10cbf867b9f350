import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { serviceUrls } from './server/service-urls.ts';

/** `/config.json` of `pnpm dev`, as the site itself answers it. */
const configuration: Plugin = {
  name: 'gongu-configuration',
  configureServer(server) {
    const { CHAT_PORT = '8080', TRADE_PORT = '8081', PAY_PORT } = process.env;
    server.middlewares.use('/config.json', (request, response) => {
      response.setHeader('content-type', 'application/json');
      const ports = { chatPort: Number(CHAT_PORT), tradePort: Number(TRADE_PORT) };
      const pay = PAY_PORT === undefined ? {} : { payPort: Number(PAY_PORT) };
      const urls = serviceUrls(request.headers.host, { ...ports, ...pay });
      response.end(JSON.stringify(urls));
    });
  },
};

/** Bytes: a smaller file fits a packet as it is. */
const LEAST_BYTES = 1_024;

/** Beside each text that is built, what servers send of it compressed: `.br` and `.gz`, as small as they get. */
const compression: Plugin = {
  name: 'gongu-compression',
  apply: 'build',
  writeBundle({ dir = '' }) {
    for (const { parentPath, name } of readdirSync(dir, { recursive: true, withFileTypes: true })) {
      if (!/\.(?:js|css|html|svg)$/.test(name)) continue;
      const path = join(parentPath, name);
      const text = readFileSync(path);
      if (text.length < LEAST_BYTES) continue;
      writeFileSync(`${path}.br`, brotliCompressSync(text));
      writeFileSync(`${path}.gz`, gzipSync(text, { level: 9 }));
    }
  },
};

export default defineConfig({
  plugins: [react(), configuration, compression],
  build: {
    target: 'es2022',
    // Files of their own: the page's policy allows no script in a data: URL.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      // Compressing takes its time, and a first start is no place to hear of it.
      checks: { bundlerTimings: false },
      output: {
        codeSplitting: {
          // Few files for a first page: each answer has its headers, and a browser asks one host for six at once.
          groups: [
            { name: 'shop', tags: ['$initial'], priority: 1 },
            {
              name: 'product',
              test: /src\/(?:ui\/(?:Countdown|PageTitle|Picture|ProductCard|Seats|Skeleton|StatusBadge)|i18n\/(?:format|outcome))\.tsx?$/,
            },
            { name: 'details', test: /src\/(?:ui\/(?:Sum|WithChat)|api\/new-key|pages\/NotFoundPage)\.tsx?$/ },
          ],
        },
      },
    },
  },
});
