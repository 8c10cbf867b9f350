/** What `unsafeAnswers` needs to know of a service. */
export interface AnswerHeadersOptions {
  readonly url: string;
  /** Requests beside those of `/openapi.json`: `GET /docs`. */
  readonly also: readonly string[];
  /** Authorization headers by turns; '' = none. */
  readonly as: readonly string[];
}

/**
 * Asks every route there is, as somebody and as nobody, and lists the answers that a browser may take for something else
 * (no `nosniff`), or that caches may keep though they have no entity tag.
 */
export async function unsafeAnswers({ url, also, as }: AnswerHeadersOptions): Promise<string[]> {
  const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: Record<string, object> };
  const documented = Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path.replace(/\{\w+\}/g, 'x1')}`),
  );
  const wrong: string[] = [];
  for (const line of [...documented, ...also]) {
    for (const authorization of as) {
      const [method, path] = line.split(' ') as [string, string];
      const stop = new AbortController();
      const headers: Record<string, string> = authorization === '' ? {} : { authorization };
      const response = await fetch(url + path, { method, headers, signal: stop.signal });
      const kept = response.headers.get('cache-control') ?? 'by default';
      const sniffed = response.headers.get('x-content-type-options') !== 'nosniff';
      const may = /no-store/.test(kept) || (response.headers.has('etag') && kept === 'no-cache');
      if (sniffed || !may) wrong.push(`${line}: ${response.status}, kept ${kept}${sniffed ? ', sniffed' : ''}`);
      stop.abort();
      await response.body?.cancel().catch(() => {});
    }
  }
  return wrong;
}
