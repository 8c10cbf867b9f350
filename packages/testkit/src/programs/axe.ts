import type { Page } from 'playwright-core';

/** A rule of axe's that a page breaks, and where. */
interface AxeViolation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/**
 * What axe finds wrong with a page as it is, by all of its rules.
 *
 * @param axe the text of `axe-core/axe.min.js`
 */
export async function axeViolations(page: Page, axe: string): Promise<AxeViolation[]> {
  // By the debugger: the page's own policy lets no foreign script in. Once a document, since axe takes 0.1 s to begin.
  if (await page.evaluate('typeof axe === "undefined"')) await page.evaluate(axe);
  // A colour on its way to another one is not what people read. What moves for ever, as what is loading, is looked at as it is.
  await page.evaluate(AT_REST);
  // What is not wrong is neither described nor brought here: that was a third of the time.
  return page.evaluate('axe.run({ resultTypes: ["violations"] }).then(({ violations }) => violations)');
}

const AT_REST = `Promise.allSettled(document.getAnimations()
  .filter(({ effect }) => effect?.getComputedTiming().endTime < Infinity)
  .map(({ finished }) => finished)).then(() => {})`;
