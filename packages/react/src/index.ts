export { ChatProvider, type ChatProviderProps } from './chat/ChatProvider.tsx';
export { useChatClient, useStrings } from './chat/chat-context.ts';
export { type ChatRoomHandle, useChatRoom } from './chat/useChatRoom.ts';
export { useChoices } from './chat/useChoices.ts';
export { useConnection } from './chat/useConnection.ts';
export { type RoomPush, useRoomPush } from './chat/useRoomPush.ts';
export { useRooms } from './chat/useRooms.ts';
export { ChatRoom, type ChatRoomProps } from './components/ChatRoom.tsx';
export { ErrorText } from './components/ErrorText.tsx';
export { MessageInput, type MessageInputProps } from './components/MessageInput.tsx';
export { type MessageParts, systemText } from './components/MessageItem.tsx';
export { MessageList, type MessageListProps } from './components/MessageList.tsx';
export { MessageSearch, type MessageSearchProps } from './components/MessageSearch.tsx';
export { type MessageRow, type MessageRowsOptions, messageRows } from './components/message-rows.ts';
export { ParticipantList, type ParticipantListProps } from './components/ParticipantList.tsx';
export { ProductNotice, type ProductNoticeProps } from './components/ProductNotice.tsx';
export { RoomNotice } from './components/RoomNotice.tsx';
export {
  type HistoryScroll,
  type HistoryScrollOptions,
  type ScrollRow,
  useHistoryScroll,
} from './components/useHistoryScroll.ts';
export { english } from './strings/english.ts';
export { korean } from './strings/korean.ts';
export type { ChatStrings } from './strings/strings.ts';
export type { ToolStrings } from './strings/tool-strings.ts';
