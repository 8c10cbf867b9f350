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

/**
 * Holds the direction in which a service's folders import each other. An arrow is a folder that imports from another,
 * however often.
 *
 * @param {{base: string, order: string[], most: number}} flow its folders from the top down
 * @param {Map<string, Map<string, string>>} edges folder → folder → `file:line` of an import that makes it so
 * @returns {{problems: string[], arrows: number}}
 */
export function checkFlow({ base, order, most }, edges) {
  const problems = [];
  let arrows = 0;
  const rank = (folder) => order.indexOf(folder.slice(base.length + 1));
  for (const [from, targets] of edges) {
    if (!from.startsWith(`${base}/`)) continue;
    for (const [to, where] of targets) {
      arrows++;
      if (rank(from) < 0 || rank(to) < 0) problems.push(`${where}: ${from} → ${to}: one has no place in the order`);
      else if (rank(from) > rank(to)) problems.push(`${where}: ${from} → ${to} goes up (order: ${order.join(', ')})`);
    }
  }
  if (arrows > most) problems.push(`${base}: ${arrows} arrows between its folders, and ${most} are allowed`);
  return { problems, arrows };
}
