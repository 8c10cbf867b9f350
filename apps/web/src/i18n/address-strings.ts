import type { Address } from '@gongu/shared';

export type AddressField = keyof Address;

/** The texts of addresses: they come with the part of the page that shows them. */
export interface AddressStrings {
  readonly title: string;
  readonly hint: string;
  readonly late: string;
  readonly labels: Readonly<Record<AddressField, string>>;
  readonly rules: Readonly<Record<AddressField, string>>;
  readonly save: string;
  readonly saving: string;
  readonly change: string;
  readonly unread: string;
  readonly readBy: string;
  readonly ofAll: string;
  readonly show: string;
  readonly none: string;
  readonly unreadable: string;
  readonly download: string;
  readonly downloading: string;
}

const KOREAN: AddressStrings = {
  title: '배송지',
  hint: '판매자는 모집이 끝난 뒤에만 볼 수 있고, 언제 봤는지 여기에 보여요.',
  late: '모집이 끝나 더는 바꿀 수 없어요.',
  labels: {
    postalCode: '우편번호',
    line1: '주소',
    line2: '상세 주소 (선택)',
    recipient: '받는 분',
    phone: '전화번호',
    memo: '배송 메모 (선택)',
  },
  rules: {
    postalCode: '숫자 다섯 자리로 써 주세요. 예: 06236',
    line1: '1~200자로 한 줄에 써 주세요.',
    line2: '100자까지 한 줄에 써 주세요.',
    recipient: '1~50자로 써 주세요.',
    phone: '010-1234-5678처럼 써 주세요.',
    memo: '200자까지 한 줄에 써 주세요.',
  },
  save: '배송지 저장',
  saving: '저장하는 중…',
  change: '배송지 바꾸기',
  unread: '아직 아무도 보지 않았어요.',
  readBy: '본 사람',
  ofAll: '배송지',
  show: '배송지 보기',
  none: '배송지를 남기지 않았어요.',
  unreadable: '저장된 배송지가 손상되어 읽을 수 없어요. 구매자에게 물어봐 주세요.',
  download: 'CSV로 받기',
  downloading: '받는 중…',
};

const ENGLISH: AddressStrings = {
  title: 'Delivery address',
  hint: 'The seller sees it only once recruitment has ended, and you see here when that was.',
  late: 'Recruitment has ended: it can no longer be changed.',
  labels: {
    postalCode: 'Postal code',
    line1: 'Address',
    line2: 'Building, floor, door (optional)',
    recipient: 'Recipient',
    phone: 'Telephone',
    memo: 'Note for the courier (optional)',
  },
  rules: {
    postalCode: 'five digits, such as 06236',
    line1: '1 to 200 characters in one line',
    line2: 'at most 100 characters in one line',
    recipient: '1 to 50 characters',
    phone: 'a number of Korea, such as 010-1234-5678',
    memo: 'at most 200 characters in one line',
  },
  save: 'Save the address',
  saving: 'Saving…',
  change: 'Change the address',
  unread: 'Nobody has read it yet.',
  readBy: 'Read by',
  ofAll: 'Delivery addresses',
  show: 'Show the addresses',
  none: 'No address was given.',
  unreadable: 'The address that was given is damaged and can not be read: ask the buyer.',
  download: 'Download as CSV',
  downloading: 'Downloading…',
};

export function addressStrings(locale: 'ko' | 'en'): AddressStrings {
  return locale === 'ko' ? KOREAN : ENGLISH;
}
