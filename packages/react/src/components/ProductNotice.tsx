import { formatMoney, type Message, type ProductNotice as Notice } from '@gongu/client';
import { useToolStrings } from '../chat/useToolStrings.ts';
import type { ToolStrings } from '../strings/tool-strings.ts';
import { isOfProduct, textOf } from './message-actions.ts';

export interface ProductNoticeProps {
  readonly message: Message;
}

/** What trade told the room, in the reader's language, of a kind not known here as the server put it; another message as it is. */
export function ProductNotice({ message }: ProductNoticeProps) {
  // An element's only text: a translator takes texts away, and those beside others would stay as they were.
  return <span>{wordsOf(message, useToolStrings())}</span>;
}

/** A message in words, in the reader's language where the service tells what became of the product. */
export function wordsOf(message: Message, strings: ToolStrings & { locale: string }): string {
  return isOfProduct(message) ? productNoticeText(message, strings) : textOf(message);
}

export function productNoticeText(message: Message, { notices, locale }: ToolStrings & { locale: string }): string {
  const data = message.data as Notice;
  const money = (price: { amount: number; currency: string }) => formatMoney(price, locale);
  switch (data.event) {
    case 'notice.minimum':
      return notices.minimum(data.minParticipants);
    case 'notice.filling':
      return notices.filling(data.participantCount, data.maxParticipants);
    case 'notice.tier':
      return notices.tier(data.minParticipants, money(data.price));
    case 'notice.hour': {
      const time = new Intl.DateTimeFormat(locale, { timeStyle: 'short' }).format(new Date(data.deadline));
      return notices.hour(time);
    }
    case 'notice.ended':
      return data.price === null
        ? notices.cancelled(data.reason)
        : notices.closed(data.reason, data.participantCount, money(data.price));
    default:
      return message.content;
  }
}
