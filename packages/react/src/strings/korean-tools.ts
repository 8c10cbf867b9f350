import type { ToolStrings } from './tool-strings.ts';

export const koreanTools: ToolStrings = {
  reply: '답장',
  copy: '복사',
  copied: '복사했습니다',
  notCopied: '복사하지 못했습니다',
  edit: '수정',
  delete: '삭제',
  askDelete: '이 메시지를 삭제할까요? 되돌릴 수 없습니다.',
  keep: '그대로 두기',
  ignore: (name) => `${name}님 무시하기`,
  pin: '고정',
  tooManyPins: '다섯 개까지 고정할 수 있습니다. 먼저 하나를 해제해 주세요.',
  react: '반응하기',
  anotherEmoji: '다른 이모지',
  oneEmoji: '이모지 하나',
  whoReacted: '반응한 사람',
  showMore: '더 보기',
  close: '닫기',
};
