import type { Product } from '@gongu/shared';
import type { ApiErrorCode } from '../api/api-error.ts';
import type { FieldName } from '../products/wrong-fields.ts';

export interface Remaining {
  readonly days: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
}

type Plain =
  | 'shop'
  | 'slogan'
  | 'skip'
  | 'menu'
  | 'products'
  | 'rooms'
  | 'sell'
  | 'signIn'
  | 'signOut'
  | 'guest'
  | 'otherLanguage'
  | 'otherLanguageCode'
  | 'theme'
  | 'offline'
  | 'notLive'
  | 'loading'
  | 'retry'
  | 'more'
  | 'close'
  | 'back'
  | 'lead'
  | 'filters'
  | 'status'
  | 'statusAll'
  | 'seats'
  | 'seatsAny'
  | 'sort'
  | 'empty'
  | 'clearFilters'
  | 'search'
  | 'searchHint'
  | 'searchEnded'
  | 'category'
  | 'tags'
  | 'categoryHint'
  | 'tagsHint'
  | 'cancelledBySeller'
  | 'full'
  | 'timeLeft'
  | 'ending'
  | 'deadline'
  | 'each'
  | 'details'
  | 'chat'
  | 'quantity'
  | 'fewer'
  | 'moreOne'
  | 'total'
  | 'join'
  | 'changing'
  | 'purchases'
  | 'toPurchases'
  | 'purchasesEmpty'
  | 'purchasesSignIn'
  | 'edit'
  | 'editTitle'
  | 'editHint'
  | 'saveEdit'
  | 'savingEdit'
  | 'joining'
  | 'leave'
  | 'leaving'
  | 'leaveTitle'
  | 'leaveText'
  | 'leaveReally'
  | 'signInToBuy'
  | 'guestHint'
  | 'ownProduct'
  | 'manage'
  | 'chatEntry'
  | 'chatOver'
  | 'chatEntryText'
  | 'enterAsGuest'
  | 'entering'
  | 'signInTitle'
  | 'signInText'
  | 'thisWindowOnly'
  | 'asAnother'
  | 'nickname'
  | 'wantsToSell'
  | 'signingIn'
  | 'noSignIn'
  | 'or'
  | 'roomsTitle'
  | 'roomsEmpty'
  | 'roomsSignIn'
  | 'toProducts'
  | 'sellTitle'
  | 'sellText'
  | 'sellSignIn'
  | 'sellEmpty'
  | 'newProduct'
  | 'title'
  | 'description'
  | 'imageUrl'
  | 'imageHint'
  | 'price'
  | 'minParticipants'
  | 'maxParticipants'
  | 'create'
  | 'creating'
  | 'closeProduct'
  | 'closeTitle'
  | 'closeReally'
  | 'closing'
  | 'cancelProduct'
  | 'cancelTitle'
  | 'cancelText'
  | 'reason'
  | 'cancelReally'
  | 'cancelling'
  | 'keep'
  | 'notice'
  | 'newestNotice'
  | 'noticeHint'
  | 'sendNotice'
  | 'noticeSent'
  | 'noticeSending'
  | 'noticeWaiting'
  | 'noticeFailed'
  | 'buyers'
  | 'buyersEmpty'
  | 'joinedAt'
  | 'notFound'
  | 'productGone'
  | 'failedToStart'
  | 'errorCode';

/** Every text of this page; the conversation has its own in @gongu/react. */
export interface Strings extends Readonly<Record<Plain, string>> {
  /** BCP 47, also for dates, amounts and numbers. */
  readonly locale: 'ko' | 'en';
  readonly themes: Readonly<Record<'system' | 'light' | 'dark', string>>;
  readonly statuses: Readonly<Record<Product['status'], string>>;
  readonly reasons: Readonly<Record<NonNullable<Product['reason']>, string>>;
  readonly sorts: Readonly<Record<'-createdAt' | 'deadline', string>>;
  readonly found: (count: number, hasMore: boolean) => string;
  readonly foundNothing: (q: string) => string;
  readonly seatsAtLeast: (count: number) => string;
  readonly seatsLeft: (left: number) => string;
  readonly taken: (count: number, most: number) => string;
  readonly minimum: (count: number, least: number) => string;
  readonly remaining: (time: Remaining) => string;
  readonly by: (seller: string) => string;
  readonly signInAnother: (name: string) => string;
  readonly mentions: (count: number) => string;
  readonly unread: (count: number) => string;
  readonly joined: (quantity: number) => string;
  /** What a quantity takes of the places. */
  readonly onePlace: (quantity: number) => string;
  readonly changeQuantity: (quantity: number) => string;
  /** Why there can not be fewer places. */
  readonly fewerThanBuyers: (buyers: number) => string;
  readonly joinedCancelled: (quantity: number) => string;
  readonly closeText: (count: number) => string;
  readonly closeHint: (least: number) => string;
  readonly units: (count: number) => string;
  /** What a field takes, after its name. */
  readonly deadlineWithin: (days: string) => string;
  readonly rules: Readonly<Record<FieldName | 'nickname', string>>;
  readonly errors: Readonly<Record<ApiErrorCode, string>>;
}
