/** Texts of what is loaded with its first use: what can be done with messages and people. */
export interface ToolStrings {
  readonly reply: string;
  readonly copy: string;
  readonly copied: string;
  readonly notCopied: string;
  readonly edit: string;
  readonly delete: string;
  readonly askDelete: string;
  readonly keep: string;
  readonly ignore: (name: string) => string;
  readonly pin: string;
  readonly tooManyPins: string;
  readonly react: string;
  readonly anotherEmoji: string;
  readonly oneEmoji: string;
  readonly whoReacted: string;
  readonly showMore: string;
  readonly close: string;
  readonly search: string;
  readonly searchEverywhere: string;
  readonly searchHint: string;
  readonly found: (count: number, isMore: boolean) => string;
  readonly notFound: string;
}
