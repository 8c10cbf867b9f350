/** The texts of one's own data: they come with the pages that show them. */
export interface DataStrings {
  readonly title: string;
  readonly intro: string;
  readonly signIn: string;
  readonly download: Readonly<Record<'trade' | 'chat', string>>;
  readonly downloading: string;
  readonly erasure: string;
  readonly erased: readonly string[];
}

const KOREAN: DataStrings = {
  title: '내 정보',
  intro: '이 쇼핑몰이 가진 내 정보를 파일로 받을 수 있어요. 한 줄에 하나씩 JSON으로 담겨 있어요.',
  signIn: '로그인하면 내 정보를 받을 수 있어요.',
  download: { trade: '구매와 배송지 받기', chat: '대화와 파일 받기' },
  downloading: '받는 중…',
  erasure: '삭제',
  erased: [
    '삭제는 쇼핑몰에 요청해 주세요. 삭제하면 다시 로그인해야 하고, 되돌릴 수 없어요.',
    '내가 쓴 글, 올린 파일, 반응과 배송지가 지워지고, 모집 중인 공구에서는 빠져요.',
    '끝난 구매 기록은 법에 따라 이름 없이 남아요. 다른 사람이 나에 대해 쓴 글은 그 사람의 글이라 그대로 남아요.',
  ],
};

const ENGLISH: DataStrings = {
  title: 'My data',
  intro: 'What this shop has of you, as files: one record a line, as JSON.',
  signIn: 'Sign in to download what this shop has of you.',
  download: { trade: 'Download purchases and addresses', chat: 'Download conversations and files' },
  downloading: 'Downloading…',
  erasure: 'Deletion',
  erased: [
    'Ask the shop to delete your data. You are signed out then, and it can not be undone.',
    'What you wrote, your files, reactions and addresses go, and you leave group buys that are still open.',
    'Records of purchases that ended stay without your name, as the law wants them. What others wrote of you is theirs, and stays.',
  ],
};

export function dataStrings(locale: 'ko' | 'en'): DataStrings {
  return locale === 'ko' ? KOREAN : ENGLISH;
}
