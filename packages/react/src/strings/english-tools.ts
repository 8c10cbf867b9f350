import type { ToolStrings } from './tool-strings.ts';

export const englishTools: ToolStrings = {
  reply: 'Reply',
  copy: 'Copy',
  copied: 'Copied',
  notCopied: 'Could not copy',
  edit: 'Edit',
  delete: 'Delete',
  askDelete: 'Delete this message? It can not be undone.',
  keep: 'Keep it',
  ignore: (name) => `Ignore ${name}`,
  pin: 'Pin',
  tooManyPins: 'Five messages can be pinned: take one away first.',
  react: 'React',
  anotherEmoji: 'Another emoji',
  oneEmoji: 'One emoji',
  whoReacted: 'Who reacted',
  showMore: 'Show more',
  close: 'Close',
};
