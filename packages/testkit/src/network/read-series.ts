/**
 * What `/metrics` of a service says: the value of each series, by its name with its labels as they stand there, but for
 * `service`, which all have. `type`: only those of that type.
 */
export async function readSeries(url: string, type?: 'counter' | 'gauge' | 'histogram'): Promise<Map<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const found = new Map<string, number>();
  let current = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('# TYPE ')) current = line.split(' ').at(-1)!;
    if (line === '' || line.startsWith('#') || (type !== undefined && current !== type)) continue;
    const at = line.lastIndexOf(' ');
    const labels = line.slice(0, at).replace(/,?service="[a-z]+"/, '');
    found.set(labels.replace('{,', '{').replace('{}', ''), Number(line.slice(at + 1)));
  }
  return found;
}
