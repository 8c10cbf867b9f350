import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { serviceUrls } from './server/service-urls.ts';

/** `/config.json` of `pnpm dev`, as the site itself answers it. */
const configuration: Plugin = {
  name: 'gongu-configuration',
  configureServer(server) {
    const { CHAT_PORT = '8080', TRADE_PORT = '8081' } = process.env;
    server.middlewares.use('/config.json', (request, response) => {
      response.setHeader('content-type', 'application/json');
      const urls = serviceUrls(request.headers.host, { chatPort: Number(CHAT_PORT), tradePort: Number(TRADE_PORT) });
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
  },
});
