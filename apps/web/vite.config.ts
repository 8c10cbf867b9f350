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

export default defineConfig({
  plugins: [react(), configuration],
  build: {
    target: 'es2022',
    // Files of their own: the page's policy allows no script in a data: URL.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      // A first start is no place to hear of it.
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
