import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { inRepository } from '../repository.ts';

/** A fenced code block. */
export interface CodeBlock {
  /** First word after the fence: `json`. */
  language: string;
  /** What follows it on that line: `server`. */
  info: string;
  text: string;
  /** Line of the opening fence, from 1. */
  line: number;
}

/** A relative link. */
export interface MarkdownLink {
  /** Path without the anchor; empty for a link into the same file. */
  path: string;
  /** Without `#`; empty when there is none. */
  anchor: string;
  line: number;
}

export interface Markdown {
  /** Relative to the repository. */
  file: string;
  blocks: CodeBlock[];
  links: MarkdownLink[];
  /** Anchors that links may name, as GitHub makes them of headings. */
  anchors: ReadonlySet<string>;
  /** Rows of the first table below the heading: cells without code ticks, by column name. */
  table(heading: string): Record<string, string>[];
  /** The whole text. */
  text: string;
}

const SKIPPED = new Set(['node_modules', 'dist', 'generated', 'coverage']);

/** Paths of the repository's own Markdown files, sorted. */
export function markdownFiles(folder = inRepository()): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      if (entry.name.startsWith('.') || SKIPPED.has(entry.name)) return [];
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return markdownFiles(path);
      return entry.name.endsWith('.md') ? [relative(inRepository(), path)] : [];
    })
    .sort();
}

/** A Markdown file taken apart, as far as tests of the documentation need it. */
export function readMarkdown(file: string): Markdown {
  const text = readFileSync(inRepository(file), 'utf8');
  const blocks: CodeBlock[] = [];
  const prose: { line: number; text: string }[] = [];
  let open: CodeBlock | undefined;
  text.split('\n').forEach((content, index) => {
    const line = index + 1;
    const fence = /^\s*```(\S*)\s*(.*)$/.exec(content);
    if (fence && !open) open = { language: fence[1]!, info: fence[2]!.trim(), text: '', line };
    else if (fence && open) {
      blocks.push(open);
      open = undefined;
    } else if (open) open.text += `${content}\n`;
    else prose.push({ line, text: content });
  });
  if (open) throw new Error(`${file}:${open.line}: the code block has no end`);
  const headings = prose.flatMap(({ text }) => /^#{1,6}\s+(.*)$/.exec(text)?.[1] ?? []);
  return { file, text, blocks, links: linksIn(prose), anchors: anchorsOf(headings), table: (name) => tableBelow(name) };

  function tableBelow(heading: string): Record<string, string>[] {
    const from = prose.findIndex(({ text }) => /^#{1,6}\s/.test(text) && text.replace(/^#+\s+/, '') === heading);
    if (from < 0) throw new Error(`${file} has no heading "${heading}"`);
    const start = prose.findIndex(({ text }, index) => index > from && text.startsWith('|'));
    if (start < 0) throw new Error(`${file} has no table below "${heading}"`);
    const lines: string[] = [];
    for (let at = start; prose[at]?.text.startsWith('|'); at++) lines.push(prose[at]!.text);
    const [names = [], , ...rows] = lines.map(cellsOf);
    return rows.map((cells) => Object.fromEntries(names.map((name, column) => [name, cells[column] ?? ''])));
  }
}

function cellsOf(line: string): string[] {
  return line
    .slice(1)
    .replace(/\|\s*$/, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('`', '').replaceAll('\\|', '|'));
}

function linksIn(prose: readonly { line: number; text: string }[]): MarkdownLink[] {
  return prose.flatMap(({ line, text }) =>
    [...text.replace(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
      if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return [];
      const [path = '', anchor = ''] = target.split('#');
      return [{ path, anchor, line }];
    }),
  );
}

// GitHub: lower case, punctuation dropped, spaces to hyphens, repetitions numbered.
function anchorsOf(headings: readonly string[]): Set<string> {
  const anchors = new Set<string>();
  for (const heading of headings) {
    const plain = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-');
    let anchor = plain;
    for (let copy = 1; anchors.has(anchor); copy++) anchor = `${plain}-${copy}`;
    anchors.add(anchor);
  }
  return anchors;
}
