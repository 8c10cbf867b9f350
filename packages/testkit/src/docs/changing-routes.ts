/** Routes that may change something, as /openapi.json of the service at `url` has them: `POST /api/products`, sorted. */
export async function changingRoutes(url: string): Promise<string[]> {
  const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: Record<string, object> };
  return Object.entries(paths)
    .flatMap(([path, item]) => Object.keys(item).map((verb) => `${verb.toUpperCase()} ${path}`))
    .filter((route) => !route.startsWith('GET '))
    .sort();
}
