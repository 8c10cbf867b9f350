/** The texts of tiers, payment and waiting: they come with the parts of the page that show them. */
export interface DealStrings {
  readonly tiers: string;
  readonly tierFrom: (people: number) => string;
  readonly tierAll: (amount: string) => string;
  readonly tierReached: string;
  readonly tierMissing: (people: number, amount: string) => string;
  readonly tierMost: (amount: string) => string;
  readonly tierFinal: (amount: string) => string;
  readonly held: string;
  readonly heldFailed: string;
  readonly timeToPay: string;
  readonly pay: (amount: string) => string;
  readonly paying: string;
  readonly payElsewhere: string;
  readonly late: string;
  readonly paid: Readonly<
    Record<'AUTHORIZED' | 'CAPTURED' | 'RELEASED' | 'REFUNDED' | 'FAILED', (amount: string) => string>
  >;
  readonly waitHint: (people: number) => string;
  readonly wait: string;
  readonly waits: string;
  readonly position: (position: number, quantity: number) => string;
  readonly stopWaiting: string;
  readonly promoted: string;
  readonly waitedInVain: string;
  /** Of a seller's form. */
  readonly payment: string;
  readonly paymentHint: string;
  readonly waitingList: string;
  readonly waitingHint: string;
  readonly notices: string;
  readonly noticesHint: string;
  readonly tiersHint: string;
  readonly tiersFixed: string;
  readonly tierPeople: (number: number) => string;
  readonly tierPrice: (number: number) => string;
  readonly addTier: string;
  readonly removeTier: (number: number) => string;
  readonly tiersRule: string;
  readonly currency: string;
  readonly waiting: (people: number) => string;
  readonly committed: (people: number) => string;
  readonly payments: Readonly<
    Record<'PENDING' | 'AUTHORIZED' | 'FAILED' | 'CAPTURED' | 'RELEASED' | 'REFUNDED', string>
  >;
}

const KOREAN: DealStrings = {
  tiers: '모일수록 내려가는 값',
  tierFrom: (people) => `${people}명부터`,
  tierAll: (amount) => `모두 ${amount}`,
  tierReached: '달성',
  tierMissing: (people, amount) => `${people}명 더 모이면 모두 ${amount}`,
  tierMost: (amount) => `지금 동의하는 값은 최대 ${amount}이고, 더 모이면 내려가기만 해요.`,
  tierFinal: (amount) => `모두 ${amount}에 샀어요.`,
  held: '자리를 잡아 두었어요. 시간 안에 결제하면 참여가 확정돼요.',
  heldFailed: '결제가 되지 않았어요. 시간이 남아 있으니 다시 결제해 주세요.',
  timeToPay: '결제까지 남은 시간',
  pay: (amount) => `${amount} 결제하기`,
  paying: '결제 화면으로 가는 중…',
  payElsewhere: '결제 방법은 판매자가 알려 드려요.',
  late: '결제할 시간이 지나 자리가 비워졌어요. 결제한 돈이 있으면 돌려드려요.',
  paid: {
    AUTHORIZED: (amount) => `${amount} 결제를 예약했어요. 돈은 모집이 끝나면 나가고, 이보다 많을 수는 없어요.`,
    CAPTURED: (amount) => `${amount}을 결제했어요.`,
    RELEASED: () => '결제 예약을 풀었어요. 나간 돈은 없어요.',
    REFUNDED: (amount) => `${amount}을 돌려드렸어요.`,
    FAILED: () => '결제가 되지 않았어요. 판매자에게 물어보세요.',
  },
  waitHint: (people) =>
    `자리가 모두 찼어요. ${people === 0 ? '처음으로' : `앞에 ${people}명 다음으로`} 기다릴 수 있어요.`,
  wait: '대기하기',
  waits: '대기 신청하는 중…',
  position: (position, quantity) => `대기 ${position}번이에요 (${quantity}개). 자리가 나면 차례대로 드려요.`,
  stopWaiting: '대기 그만두기',
  promoted: '기다리던 자리가 났어요. 이제 참여하고 있어요.',
  waitedInVain: '모집이 끝나 대기도 끝났어요. 자리가 나지 않았어요.',
  payment: '결제를 마쳐야 참여 확정',
  paymentHint: '자리는 결제할 시간 동안만 잡아 두고, 가게의 결제 프로그램이 결제를 알려요.',
  waitingList: '자리가 차면 대기 받기',
  waitingHint: '자리가 차도 마감 시간까지 모집하고, 빈자리는 기다린 순서대로 드려요.',
  notices: '대화방에 소식 알리기',
  noticesHint: '최소 인원, 값 단계, 마감 한 시간 전과 끝을 대화방에 한 번씩 알려요.',
  tiersHint: '그만큼 모이면 모두 그 값에 사요. 인원은 늘고 값은 내려가야 해요.',
  tiersFixed: '참여한 사람이 있어 바꿀 수 없어요.',
  tierPeople: (number) => `${number}단계 인원`,
  tierPrice: (number) => `${number}단계 가격`,
  addTier: '단계 더하기',
  removeTier: (number) => `${number}단계 지우기`,
  tiersRule: '인원은 2명부터 늘고 최대 인원을 넘지 않으며, 값은 가격보다 낮게 내려가야 해요.',
  currency: '통화',
  waiting: (people) => `대기 ${people}명`,
  committed: (people) => `결제 ${people}명`,
  payments: {
    PENDING: '결제 전',
    AUTHORIZED: '결제 예약',
    FAILED: '결제 실패',
    CAPTURED: '결제 완료',
    RELEASED: '예약 해제',
    REFUNDED: '환불',
  },
};

const ENGLISH: DealStrings = {
  tiers: 'The more, the cheaper',
  tierFrom: (people) => `from ${people} people`,
  tierAll: (amount) => `${amount} for everybody`,
  tierReached: 'reached',
  tierMissing: (people, amount) => `${people} more and everybody pays ${amount}`,
  tierMost: (amount) => `You agree to ${amount} at most; it can only become less.`,
  tierFinal: (amount) => `Everybody paid ${amount}.`,
  held: 'Your place is held. It is yours once you have paid in time.',
  heldFailed: 'The payment failed. There is still time to try again.',
  timeToPay: 'Time left to pay',
  pay: (amount) => `Pay ${amount}`,
  paying: 'Going to the payment…',
  payElsewhere: 'The seller tells you how to pay.',
  late: 'The time to pay is over and the place was given up. Whatever you paid is given back.',
  paid: {
    AUTHORIZED: (amount) => `${amount} is reserved. It is taken once recruitment has ended, and never more than that.`,
    CAPTURED: (amount) => `You paid ${amount}.`,
    RELEASED: () => 'The reservation was given up. Nothing was taken.',
    REFUNDED: (amount) => `${amount} was given back to you.`,
    FAILED: () => 'The payment failed. Please ask the seller.',
  },
  waitHint: (people) =>
    `All places are taken. ${people === 0 ? 'You would be the first to wait' : `You can wait after ${people === 1 ? 'one other' : `${people} others`}`}.`,
  wait: 'Wait for a place',
  waits: 'Joining the waiting list…',
  position: (position, quantity) =>
    `You are number ${position} on the waiting list, for ${quantity === 1 ? '1 unit' : `${quantity} units`}. The first who waits gets the first place.`,
  stopWaiting: 'Stop waiting',
  promoted: 'The place you waited for is there: you take part now.',
  waitedInVain: 'It has ended, and no place came free.',
  payment: 'A place has to be paid for',
  paymentHint: 'Places are held for as long as there is time to pay; the shop’s payments program reports who has paid.',
  waitingList: 'Let people wait when it is full',
  waitingHint: 'A full product goes on to its deadline, and free places go to those who wait, in their order.',
  notices: 'Tell the chat how it goes',
  noticesHint: 'Its chat hears once each of the minimum, the steps, the last hour and the end.',
  tiersHint: 'Once so many take part, everybody pays that. Counts rise, prices fall.',
  tiersFixed: 'They stay: somebody takes part.',
  tierPeople: (number) => `Step ${number}: people`,
  tierPrice: (number) => `Step ${number}: price`,
  addTier: 'Add a step',
  removeTier: (number) => `Remove step ${number}`,
  tiersRule: 'counts rise from 2 and are not more than at most take part; prices fall and are below the price.',
  currency: 'Currency',
  waiting: (people) => (people === 1 ? '1 person waits' : `${people} people wait`),
  committed: (people) => `${people} paid`,
  payments: {
    PENDING: 'not paid',
    AUTHORIZED: 'reserved',
    FAILED: 'failed',
    CAPTURED: 'paid',
    RELEASED: 'released',
    REFUNDED: 'refunded',
  },
};

export function dealStrings(locale: 'ko' | 'en'): DealStrings {
  return locale === 'ko' ? KOREAN : ENGLISH;
}
