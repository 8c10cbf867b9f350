import type { ChatStrings } from './strings.ts';

const joined = (who: string) => `${who}이 들어왔습니다`;
const left = (who: string) => `${who}이 나갔습니다`;
const removed = (who: string, { reason }: { readonly reason?: string | undefined }) =>
  reason === 'NOT_A_BUYER'
    ? `구매하지 않은 ${left(who)}`
    : reason === 'GAVE_WAY'
      ? `구매자가 들어와 ${left(who)}`
      : reason === 'CAP_LOWERED'
        ? `대화 인원이 줄어 ${left(who)}`
        : `${who}이 내보내졌습니다`;

export const korean: ChatStrings = {
  locale: 'ko',
  messages: '대화',
  showSearch: '검색',
  showParticipants: '참여자 보기',
  host: '판매자',
  you: '나',
  notice: '공지',
  beginning: '대화의 시작입니다',
  loading: '불러오는 중…',
  unreadBelow: '여기부터 읽지 않음',
  newMessages: (count) => `새 메시지 ${count}개`,
  everyone: '모두',
  toNewest: '최신 메시지로',
  typing: (names) => (names.length <= 2 ? `${names.join('님, ')}님이 입력 중…` : '여러 명이 입력 중…'),
  write: '메시지를 입력하세요',
  writeNotice: '모두에게 알릴 공지를 입력하세요',
  send: '보내기',
  asNotice: '공지로 보내기',
  edited: '수정됨',
  deleted: '삭제된 메시지입니다',
  unreadable: '읽을 수 없는 메시지입니다',
  erasedUser: '탈퇴한 사용자',
  replyTo: (name) => `${name}님에게 답장`,
  cancelReply: '답장 취소',
  actionsOf: (name) => `${name}님의 메시지 메뉴`,
  actionsOfNotice: '공지 메뉴',
  reactions: '반응',
  notLoaded: '불러오지 못했습니다.',
  editMessage: '메시지 수정',
  cancelEdit: '수정 취소',
  save: '저장',
  saving: '저장하는 중…',
  tryAgain: '다시 시도',
  ignored: '무시한 사람의 메시지입니다',
  charactersLeft: (count) => (count < 0 ? `${-count}자 넘음` : `${count}자 남음`),
  readBy: (count) => `읽음 ${count}`,
  sending: '보내는 중…',
  notConfirmed: '전송 확인 중',
  failed: '보내지 못함',
  discard: '삭제',
  connecting: '연결하는 중…',
  offline: '인터넷에 연결되어 있지 않습니다. 메시지는 연결된 뒤에 보냅니다.',
  reconnect: '다시 연결',
  enterAgain: '다시 들어가기',
  looking: '지금은 보기만 하고 있습니다. 메시지를 쓰면 참여합니다.',
  readOnly: '읽기만 할 수 있는 방입니다.',
  status: { ACTIVE: '모집 중', CLOSED: '모집 완료', CANCELLED: '취소됨' },
  several: {
    'participant.joined': (name, others) => joined(`${name}님 외 ${others}명`),
    'participant.left': (name, others) => left(`${name}님 외 ${others}명`),
    'participant.removed': (name, others, data) => removed(`${name}님 외 ${others}명`, data),
  },
  system: {
    'participant.joined': (name) => joined(`${name}님`),
    'participant.left': (name) => left(`${name}님`),
    'participant.removed': (name, data) => removed(`${name}님`, data),
    'participant.committed': (name) => `${name}님이 구매했습니다`,
    'participant.uncommitted': (name) => `${name}님이 구매를 취소했습니다`,
    'participant.muted': (name) => `${name}님의 채팅이 금지되었습니다`,
    'participant.unmuted': (name) => `${name}님이 다시 채팅할 수 있습니다`,
    'participant.banned': (name) => `${name}님의 입장이 금지되었습니다`,
    'participant.unbanned': (name) => `${name}님이 다시 들어올 수 있습니다`,
    'room.opened': () => '대화방이 열렸습니다',
    'room.closed': (_, { room }) => {
      const why: Record<string, string> = {
        FULL: '정원이 차서 모집이 완료되었습니다',
        DEADLINE: '마감되어 모집이 완료되었습니다',
        EXPIRED: '마감되어 모집이 완료되었습니다',
        SELLER: '판매자가 모집을 완료했습니다',
      };
      return why[room?.reason ?? ''] ?? '모집이 완료되었습니다';
    },
    'room.cancelled': (_, { room }) => {
      const why: Record<string, string> = {
        UNDERFILLED: '인원이 모이지 않아 공동구매가 취소되었습니다',
        EXPIRED: '인원이 모이지 않아 공동구매가 취소되었습니다',
        SELLER: '판매자가 공동구매를 취소했습니다',
      };
      const reason = room?.reason;
      return why[reason ?? ''] ?? (reason ? `공동구매가 취소되었습니다: ${reason}` : '공동구매가 취소되었습니다');
    },
    'room.updated': () => '공동구매 조건이 바뀌었습니다',
  },
};
