import type { ChatStrings } from './strings.ts';

export const english: ChatStrings = {
  locale: 'en',
  messages: 'Messages',
  showSearch: 'Search',
  showParticipants: 'Show participants',
  host: 'Seller',
  you: 'you',
  notice: 'Notice',
  beginning: 'The conversation begins here',
  loading: 'Loading…',
  unreadBelow: 'New since you were here',
  newMessages: (count) => (count === 1 ? '1 new message' : `${count} new messages`),
  everyone: 'all',
  toNewest: 'To the newest messages',
  typing: (names) =>
    names.length === 1
      ? `${names[0]} is writing…`
      : names.length === 2
        ? `${names[0]} and ${names[1]} are writing…`
        : 'Several people are writing…',
  write: 'Write a message',
  writeNotice: 'Write a notice to everyone',
  send: 'Send',
  asNotice: 'As a notice',
  edited: 'edited',
  deleted: 'This message was deleted',
  unreadable: 'This message can not be read',
  erasedUser: 'Deleted user',
  replyTo: (name) => `Reply to ${name}`,
  cancelReply: 'Don’t reply',
  actionsOf: (name) => `Actions of ${name}’s message`,
  actionsOfNotice: 'Actions of the notice',
  reactions: 'Reactions',
  notLoaded: 'Could not be loaded.',
  editMessage: 'Edit the message',
  cancelEdit: 'Cancel the edit',
  save: 'Save',
  saving: 'Saving…',
  tryAgain: 'Try again',
  ignored: 'A message of somebody you ignore',
  charactersLeft: (count) => (count < 0 ? `${-count} characters too many` : `${count} characters left`),
  readBy: (count) => `Read by ${count}`,
  sending: 'Sending…',
  notConfirmed: 'Not confirmed yet',
  failed: 'Not sent',
  discard: 'Discard',
  connecting: 'Connecting…',
  offline: 'You are offline. What you write is sent later.',
  reconnect: 'Connect again',
  enterAgain: 'Enter again',
  looking: 'You are looking on. Write something to join in.',
  readOnly: 'This room can only be read.',
  status: { ACTIVE: 'Open', CLOSED: 'Complete', CANCELLED: 'Cancelled' },
  several: {
    'participant.joined': (name, others) => `${name} and ${others} others joined`,
    'participant.left': (name, others) => `${name} and ${others} others left`,
    'participant.removed': (name, others, { reason }) =>
      reason === 'NOT_A_BUYER'
        ? `${name} and ${others} others did not buy and left`
        : reason === 'GAVE_WAY'
          ? `${name} and ${others} others gave way to buyers`
          : reason === 'CAP_LOWERED'
            ? `${name} and ${others} others left because fewer can talk here now`
            : `${name} and ${others} others were removed`,
  },
  system: {
    'participant.joined': (name) => `${name} joined`,
    'participant.left': (name) => `${name} left`,
    'participant.removed': (name, { reason }) =>
      reason === 'NOT_A_BUYER'
        ? `${name} did not buy and left`
        : reason === 'GAVE_WAY'
          ? `${name} gave way to a buyer`
          : reason === 'CAP_LOWERED'
            ? `${name} left because fewer can talk here now`
            : `${name} was removed`,
    'participant.committed': (name) => `${name} bought`,
    'participant.uncommitted': (name) => `${name} withdrew from buying`,
    'participant.muted': (name) => `${name} was muted`,
    'participant.unmuted': (name) => `${name} may talk again`,
    'participant.banned': (name) => `${name} was banned`,
    'participant.unbanned': (name) => `${name} may come back`,
    'room.opened': () => 'The room was opened',
    'room.closed': (_, { room }) => {
      const why: Record<string, string> = {
        FULL: 'All places are taken: the group buy is complete',
        DEADLINE: 'The deadline has passed: the group buy is complete',
        EXPIRED: 'The deadline has passed: the group buy is complete',
        SELLER: 'The seller completed the group buy',
      };
      return why[room?.reason ?? ''] ?? 'The group buy is complete';
    },
    'room.cancelled': (_, { room }) => {
      const why: Record<string, string> = {
        UNDERFILLED: 'Too few took part: the group buy was cancelled',
        EXPIRED: 'Too few took part: the group buy was cancelled',
        SELLER: 'The seller cancelled the group buy',
      };
      const reason = room?.reason;
      return why[reason ?? ''] ?? (reason ? `The group buy was cancelled: ${reason}` : 'The group buy was cancelled');
    },
    'room.updated': () => 'The terms of the group buy have changed',
  },
};
