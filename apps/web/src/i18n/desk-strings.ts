/** The texts of a seller's numbers: they come with the part of the page that shows them. */
const TEXTS = {
  ko: {
    title: '숫자로 보기',
    nothing: '아직 참여한 사람이 없어요.',
    byPayment: '결제 상태별',
    byDay: '날짜별 수량',
    payment: '결제',
    unpaid: '여기서 결제하지 않음',
    people: '인원',
    units: '수량',
    payable: '최대 금액',
    held: '예약·결제된 금액',
    day: '날짜',
    download: 'CSV로 받기',
    downloading: '받는 중…',
  },
  en: {
    title: 'In numbers',
    nothing: 'Nobody takes part yet.',
    byPayment: 'By payment',
    byDay: 'Units by day',
    payment: 'Payment',
    unpaid: 'not paid here',
    people: 'People',
    units: 'Units',
    payable: 'At most',
    held: 'Reserved or paid',
    day: 'Day',
    download: 'Purchases as CSV',
    downloading: 'Downloading…',
  },
} as const;

export function deskStrings(locale: 'ko' | 'en') {
  return TEXTS[locale];
}
