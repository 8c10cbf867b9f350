/**
 * Circles among folders or files, each as one line that names an import for every step.
 *
 * @param {'folders' | 'files'} what
 * @param {Map<string, Map<string, string>>} edges one → other → `file:line` of an import that makes it so
 */
export function findCycles(what, edges) {
  const problems = [];
  const done = new Set();
  const path = [];

  function visit(node) {
    const from = path.indexOf(node);
    if (from >= 0) {
      const circle = [...path.slice(from), node];
      const steps = circle.slice(1).map((to, index) => edges.get(circle[index]).get(to));
      problems.push(`${steps[0]}: ${what} import each other in a circle: ${circle.join(' → ')} (${steps.join(', ')})`);
      return;
    }
    if (done.has(node)) return;
    path.push(node);
    for (const to of edges.get(node)?.keys() ?? []) visit(to);
    path.pop();
    done.add(node);
  }

  for (const node of edges.keys()) visit(node);
  return problems;
}
