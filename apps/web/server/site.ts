import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import Fastify, { type FastifyRequest } from 'fastify';
import { contentPolicy } from './content-policy.ts';
import { serviceUrls } from './service-urls.ts';

export { contentPolicy } from './content-policy.ts';

export interface SiteOptions {
  /** Folder of the built page; absolute. */
  readonly assets: string;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly chatPort: number;
  readonly tradePort: number;
  /** Of a back end that takes payments on this machine. @default none */
  readonly payPort?: number | undefined;
  /** Where such a one is elsewhere. @default none */
  readonly payUrl?: string | undefined;
  /** Origin of the S3 with files of messages, which the page may connect to. @default none */
  readonly filesOrigin?: string | undefined;
}

export interface Site {
  readonly port: number;
  stop(): Promise<void>;
}

/** Where nginx puts what messengers show of a product. */
const CARD = /<!--# include virtual="\/card\/[^"]*" -->/;
/** Milliseconds for it: the page does not wait longer. */
const CARD_MS = 1_000;

/** Built files have a hash of their content in their name. */
const FOREVER = 'public, max-age=31536000, immutable';

/**
 * Serves the built page, compressed as the build has left it, with the headers that a page of people's texts wants. Paths
 * that are no file are the page's own to understand. `/config.json` says where the services are.
 *
 * @throws Error of the system when the port can't be had
 */
export async function startSite(options: SiteOptions): Promise<Site> {
  const { assets, host, port, chatPort, tradePort, payPort, payUrl, filesOrigin } = options;
  const site = Fastify({ forceCloseConnections: true });
  const urlsFor = (name: string | undefined) => serviceUrls(name, { chatPort, tradePort, payPort, payUrl });

  site.addHook('onRequest', async (request, reply) => {
    const urls = urlsFor(request.headers.host);
    reply.headers({
      'content-security-policy': contentPolicy(urls, filesOrigin),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'strict-origin-when-cross-origin',
      'cross-origin-opener-policy': 'same-origin',
      'permissions-policy': 'camera=(), geolocation=(), microphone=()',
      // Every page asks trade for something: it is connected to while the script is on its way.
      ...(isPage(request) ? { link: `<${urls.tradeUrl}>; rel=preconnect; crossorigin` } : {}),
    });
  });
  await site.register(fastifyStatic, {
    root: assets,
    cacheControl: false,
    preCompressed: true,
    setHeaders(response, path) {
      response.setHeader('cache-control', /[\\/]assets[\\/][^\\/]+$/.test(path) ? FOREVER : 'no-cache');
      response.setHeader('vary', 'accept-encoding');
    },
  });
  site.get('/config.json', async (request, reply) =>
    reply.header('cache-control', 'no-store').send(urlsFor(request.headers.host)),
  );
  // As nginx puts them into the page in production: deploy/nginx/web.conf.
  const tradeUrl = `http://${nameHere(host)}:${tradePort}`;
  const page = await readFile(join(assets, 'index.html'), 'utf8');
  site.get<{ Params: { id: string } }>('/products/:id', async (request, reply) => {
    const card = await cardOf(request, tradeUrl, urlsFor(request.headers.host).tradeUrl);
    reply.type('text/html; charset=utf-8').header('cache-control', 'no-cache');
    // A function: what a seller writes may hold `$&`.
    return reply.send(page.replace(CARD, () => card));
  });
  site.setNotFoundHandler(async (request, reply) => {
    return isPage(request) ? reply.sendFile('index.html') : reply.code(404).type('text/plain').send('Not found\n');
  });

  await site.listen({ port, host });
  return {
    port: (site.server.address() as { port: number }).port,
    stop: () => site.close(),
  };
}

/** Trade's tags for a product's page; empty where it has none in time. */
async function cardOf(
  request: FastifyRequest<{ Params: { id: string } }>,
  tradeUrl: string,
  browsersTradeUrl: string,
): Promise<string> {
  const { host = '', 'accept-language': language = '' } = request.headers;
  const id = encodeURIComponent(request.params.id);
  const query = new URLSearchParams({ url: `http://${host}/products/${id}`, tradeUrl: browsersTradeUrl });
  try {
    const answer = await fetch(`${tradeUrl}/api/products/${id}/card?${query}`, {
      headers: { 'accept-language': language },
      signal: AbortSignal.timeout(CARD_MS),
    });
    return answer.ok ? await answer.text() : '';
  } catch {
    return '';
  }
}

/** What a program on this machine calls an address that is listened on. */
function nameHere(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

/** Asks for a page: a path that is no file's. */
function isPage({ method, url }: { readonly method: string; readonly url: string }): boolean {
  return /^(?:GET|HEAD)$/.test(method) && !/\.[^/]*$/.test(url.split('?', 1)[0]!);
}
