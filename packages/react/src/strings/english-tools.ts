import type { ToolStrings } from './tool-strings.ts';

function spanOf(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  if (seconds < 120) return seconds === 1 ? '1 second' : `${seconds} seconds`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 120) return `${minutes} minutes`;
  const hours = Math.ceil(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${Math.ceil(hours / 24)} days`;
}

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
  search: 'Search messages',
  searchEverywhere: 'In all my chats',
  searchHint: 'Two characters or more',
  found: (count, isMore) => (isMore ? `${count} and more found` : `${count} found`),
  notFound: 'Nothing found',
  entersAt: (time) => `You can enter again at ${time}. Stay here, and it is done for you.`,
  left: 'You have left this room.',
  removed: 'You were removed from this room.',
  gaveWay:
    'The chat was full and somebody who bought came in, so you made room. You can look on, and write again when somebody leaves.',
  capLowered:
    'Fewer people can talk here now, so you made room. You can look on, and write again when somebody leaves.',
  notABuyer: 'The group buy is complete. The chat goes on among those who bought.',
  ended: 'The group buy is over. The chat is for those who took part.',
  lookOn: 'Look on',
  roomRemoved: 'This room is gone.',
  banned: 'You were banned from this room.',
  muted: (left) => (left === null ? 'You are muted here.' : `You are muted here for ${left} yet.`),
  slowMode: (seconds) => `Slow mode: one message every ${spanOf(seconds * 1_000)}.`,
  slowWait: (left) => `You can write again in ${left}.`,
  span: spanOf,
  hostPanel: 'Order in the room',
  slowModeLabel: 'Slow mode',
  none: 'Off',
  mute: (name) => `Mute ${name}`,
  ban: (name) => `Ban ${name}`,
  remove: (name) => `Remove ${name}`,
  askBan: (name) => `Ban ${name}? They leave the room and can’t come back until you lift it.`,
  askRemove: (name) => `Remove ${name}? They can come back after a pause.`,
  muteFor: 'For how long',
  untilLifted: 'Until it is lifted',
  personActions: (name) => `Actions for ${name}`,
  restricted: 'Muted and banned',
  nobodyRestricted: 'Nobody is muted or banned',
  isMuted: 'muted',
  isBanned: 'banned',
  until: (time) => `until ${time}`,
  lift: (name) => `Lift it for ${name}`,
  done: 'Done',
  cancel: 'Cancel',
  sendNotice: 'Send the notice',
  report: 'Report',
  reportTitle: 'Report this message',
  reportNote: 'What is wrong with it? (optional)',
  reportReasons: { SPAM: 'Advertising or spam', ABUSE: 'Insults or threats', FRAUD: 'Fraud', OTHER: 'Something else' },
  sendReport: 'Send the report',
  reported: 'Reported. Thank you.',
};
