/**
 * Circles among folders, each as one line that names an import for every step.
 *
 * @param {Map<string, Map<string, string>>} edges folder → folder → `file:line` of an import that makes it so
 */
export function findCycles(edges) {
  const problems = [];
  const done = new Set();
  const path = [];

  function visit(folder) {
    const from = path.indexOf(folder);
    if (from >= 0) {
      const circle = [...path.slice(from), folder];
      const steps = circle.slice(1).map((to, index) => edges.get(circle[index]).get(to));
      problems.push(`${steps[0]}: folders import each other in a circle: ${circle.join(' → ')} (${steps.join(', ')})`);
      return;
    }
    if (done.has(folder)) return;
    path.push(folder);
    for (const to of edges.get(folder)?.keys() ?? []) visit(to);
    path.pop();
    done.add(folder);
  }

  for (const folder of edges.keys()) visit(folder);
  return problems;
}
