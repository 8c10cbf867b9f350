// Imports of a source file, by pattern. It relies on the formatter, which begins every import and re-export at the
// start of a line; `import('…')` may stand anywhere but in a comment.

const STATEMENT = /^(?:import|export)\b([^'"`;]*?)\bfrom\s*['"]([^'"]+)['"]/gm;
const EFFECT = /^import\s*['"]([^'"]+)['"]/gm;
const DYNAMIC = /(typeof\s+)?\bimport\(\s*['"]([^'"]+)['"]/g;

/**
 * @param {string} text
 * @returns {{specifier: string, line: number, typeOnly: boolean, names: string[] | null}[]} `names`: the values that
 *   are imported by name; null where that can't be told (`* as`, a default, a dynamic import)
 */
export function readImports(text) {
  const found = [];
  const add = (match, specifier, rest) => found.push({ specifier, line: lineOf(text, match.index), ...rest });
  for (const match of text.matchAll(STATEMENT)) add(match, match[2], readClause(match[1]));
  for (const match of text.matchAll(EFFECT)) add(match, match[1], { typeOnly: false, names: [] });
  for (const match of text.matchAll(DYNAMIC)) {
    const before = text.slice(text.lastIndexOf('\n', match.index) + 1, match.index);
    if (/^\s*(?:\*|\/\/|\/\*)/.test(before)) continue;
    add(match, match[2], { typeOnly: Boolean(match[1]), names: null });
  }
  return found;
}

function readClause(clause) {
  const text = clause.trim();
  if (/^type\b(?!\s*,)/.test(text)) return { typeOnly: true, names: [] };
  const braces = /^\{([\s\S]*)\}$/.exec(text)?.[1];
  if (braces === undefined) return { typeOnly: false, names: null };
  const parts = braces.split(',').map((part) => part.trim());
  const values = parts.filter((part) => part !== '' && !/^type\s/.test(part));
  return { typeOnly: values.length === 0, names: values.map((part) => part.split(/\s+as\s+/)[0]) };
}

function lineOf(text, index) {
  return text.slice(0, index).split('\n').length;
}
