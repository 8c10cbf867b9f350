/** The texts of one's own data: they come with the pages that show them. */
export interface DataStrings {
  readonly title: string;
  readonly intro: string;
  readonly signIn: string;
  readonly download: Readonly<Record<'trade' | 'chat', string>>;
  readonly downloading: string;
  readonly erasure: string;
  readonly erased: readonly string[];
  /** Where the shop's back end deletes nobody. */
  readonly askShop: string;
  readonly remove: string;
  readonly removeTitle: string;
  readonly removeText: string;
  readonly removeReally: string;
  readonly removing: string;
  /** How far it is. */
  readonly removal: Readonly<Record<'RUNNING' | 'WAITING' | 'DONE' | 'REFUSED', string>>;
}

const KOREAN: DataStrings = {
  title: '내 정보',
  intro: '이 쇼핑몰이 가진 내 정보를 파일로 받을 수 있어요. 한 줄에 하나씩 JSON으로 담겨 있어요.',
  signIn: '로그인하면 내 정보를 받을 수 있어요.',
  download: { trade: '구매와 배송지 받기', chat: '대화와 파일 받기' },
  downloading: '받는 중…',
  erasure: '삭제',
  erased: [
    '내가 쓴 글, 올린 파일, 반응과 배송지가 지워지고, 모집 중인 공구에서는 빠져요.',
    '끝난 구매 기록은 법에 따라 이름 없이 남아요. 다른 사람이 나에 대해 쓴 글은 그 사람의 글이라 그대로 남아요.',
  ],
  askShop: '삭제는 쇼핑몰에 요청해 주세요. 삭제하면 로그아웃되고, 되돌릴 수 없어요.',
  remove: '내 정보 삭제',
  removeTitle: '내 정보를 삭제할까요?',
  removeText:
    '로그아웃되고, 되돌릴 수 없어요. 끝난 구매 기록은 법에 따라 이름 없이 남고, 결제가 남은 구매는 정산될 때까지 남아요. 필요하면 먼저 파일로 받아 두세요.',
  removeReally: '삭제하기',
  removing: '삭제하는 중…',
  removal: {
    RUNNING: '삭제하고 있어요. 이 페이지를 닫아도 계속돼요.',
    WAITING: '지울 수 있는 것은 지웠어요. 정산 중인 결제처럼 아직 필요한 기록은 필요가 없어지면 저절로 지워져요.',
    DONE: '삭제했어요.',
    REFUSED:
      '지금은 삭제할 수 없어요. 판매 중인 상품이 있으면 먼저 마감하거나 취소하고, 그래도 안 되면 쇼핑몰에 문의해 주세요.',
  },
};

const ENGLISH: DataStrings = {
  title: 'My data',
  intro: 'What this shop has of you, as files: one record a line, as JSON.',
  signIn: 'Sign in to download what this shop has of you.',
  download: { trade: 'Download purchases and addresses', chat: 'Download conversations and files' },
  downloading: 'Downloading…',
  erasure: 'Deletion',
  erased: [
    'What you wrote, your files, reactions and addresses go, and you leave group buys that are still open.',
    'Records of purchases that ended stay without your name, as the law wants them. What others wrote of you is theirs, and stays.',
  ],
  askShop: 'Ask the shop to delete your data. You are signed out then, and it can not be undone.',
  remove: 'Delete my data',
  removeTitle: 'Delete your data?',
  removeText:
    'You are signed out, and it can not be undone. Records of purchases that ended stay without your name, as the law wants them, and those with a payment that is open stay until it is settled. Download your data first if you want it.',
  removeReally: 'Delete it',
  removing: 'Deleting…',
  removal: {
    RUNNING: 'Your data is being deleted. It goes on if you close this page.',
    WAITING:
      'What could be deleted is. What is still needed, as a payment that is not settled, is deleted by itself once it no longer is.',
    DONE: 'Your data is deleted.',
    REFUSED: 'It can not be deleted now. Close or cancel what you still sell, and if that is not it, ask the shop.',
  },
};

export function dataStrings(locale: 'ko' | 'en'): DataStrings {
  return locale === 'ko' ? KOREAN : ENGLISH;
}
