/** What `unsafeAnswers` needs to know of a service. */
export interface AnswerHeadersOptions {
  readonly url: string;
  /** Requests beside those of `/openapi.json`: `GET /docs`, or with headers and a body. */
  readonly also: readonly (string | AskedRequest)[];
  /** Authorization headers by turns; '' = none. */
  readonly as: readonly string[];
}

export interface AskedRequest {
  /** `POST /api/things`. */
  readonly line: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/**
 * Asks every route there is, as somebody and as nobody, and lists the answers that a browser may take for something else
 * (no `nosniff`), or that caches may keep though they have no entity tag.
 *
 * @returns one line for each of these, and which statuses there were at all
 */
export async function unsafeAnswers({
  url,
  also,
  as,
}: AnswerHeadersOptions): Promise<{ wrong: string[]; statuses: number[] }> {
  const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: Record<string, object> };
  const documented = Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path.replace(/\{\w+\}/g, 'x1')}`),
  );
  const wrong: string[] = [];
  const statuses = new Set<number>();
  for (const asked of [...documented, ...also]) {
    const { line, headers, body } = typeof asked === 'string' ? { line: asked } : asked;
    for (const authorization of as) {
      const [method, path] = line.split(' ') as [string, string];
      const stop = new AbortController();
      const response = await fetch(url + path, {
        ...{ method, body, signal: stop.signal },
        headers: { ...(authorization === '' ? {} : { authorization }), ...headers },
      });
      statuses.add(response.status);
      const kept = response.headers.get('cache-control') ?? 'by default';
      const sniffed = response.headers.get('x-content-type-options') !== 'nosniff';
      const may = /no-store/.test(kept) || (response.headers.has('etag') && kept === 'no-cache');
      if (sniffed || !may) wrong.push(`${line}: ${response.status}, kept ${kept}${sniffed ? ', sniffed' : ''}`);
      stop.abort();
      await response.body?.cancel().catch(() => {});
    }
  }
  return { wrong, statuses: [...statuses].sort() };
}
