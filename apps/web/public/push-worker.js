// Shows pushes of unread messages, and leads to the conversation. It serves no page: what is offline stays offline.
const KOREAN = /^ko\b/.test(navigator.language);
const LANGUAGE = KOREAN ? 'ko' : 'en';
const PLACES = [
  [
    'ADP BEF BIF BYB BYR CLP DJF ESP GNF GRD ISK ITL JPY KMF KRW LUF MGF PTE PYG ROL RWF TPE TRL UGX UYI VND VUV XAF XOF XPF',
    0,
  ],
  ['BHD IQD JOD KWD LYD OMR TND', 3],
  ['CLF UYW', 4],
];

addEventListener('install', () => skipWaiting());
addEventListener('activate', (event) => event.waitUntil(clients.claim()));

addEventListener('push', (event) => event.waitUntil(show(event.data.json())));

async function show({ roomId, title, unread, from, fromUserId, text, notice }) {
  const counted = KOREAN ? `읽지 않은 메시지 ${unread}개` : `${unread} unread ${unread === 1 ? 'message' : 'messages'}`;
  const isCounted = text === undefined || (await isIgnored(fromUserId));
  const said = (notice && noticeText(notice)) ?? text;
  const body = isCounted ? counted : from ? `${from}: ${said}` : said;
  await registration.showNotification(title, { body, tag: roomId, icon: '/icons/192.png', data: { roomId } });
}

/** What trade told, in the language of this browser; undefined: of a kind not known here. */
function noticeText({ event, minParticipants, participantCount, maxParticipants, price, deadline, reason }) {
  switch (event) {
    case 'notice.minimum':
      return KOREAN
        ? `최소 인원 ${minParticipants}명이 모여 공동구매가 진행됩니다`
        : `The minimum of ${minParticipants} is reached: the group buy takes place`;
    case 'notice.filling':
      return KOREAN
        ? `${maxParticipants}자리 가운데 ${participantCount}자리가 찼습니다`
        : `${participantCount} of ${maxParticipants} places are taken`;
    case 'notice.tier':
      return KOREAN
        ? `${minParticipants}명이 모여 모두 ${moneyText(price)}에 구매합니다`
        : `${minParticipants} take part: everybody pays ${moneyText(price)} now`;
    case 'notice.hour': {
      const time = new Date(deadline).toLocaleTimeString(LANGUAGE, { timeStyle: 'short' });
      return KOREAN ? `마감까지 한 시간이 남지 않았습니다 (${time} 마감)` : `Less than an hour is left, until ${time}`;
    }
    case 'notice.ended':
      return endText(reason, participantCount, price);
  }
}

function endText(reason, people, price) {
  if (price === null) {
    if (!KOREAN)
      return `${reason === 'UNDERFILLED' ? 'Too few took part' : 'The seller has cancelled'}: nobody pays anything`;
    return `${reason === 'UNDERFILLED' ? '인원이 모이지 않았습니다' : '판매자가 취소했습니다'}. 결제되는 금액은 없습니다`;
  }
  if (!KOREAN) return `The group buy is complete: ${people} take part, and each pays ${moneyText(price)} for one`;
  return `공동구매가 완료되었습니다. ${people}명이 한 개에 ${moneyText(price)}씩 구매합니다`;
}

/** As `formatMoney` of @gongu/client, which no worker can import: amounts are in minor units, of which ISO 4217 says the places. */
function moneyText({ amount, currency }) {
  const places = PLACES.find(([codes]) => codes.includes(currency))?.[1] ?? 2;
  const value = amount / 10 ** places;
  const { maximumFractionDigits } = new Intl.NumberFormat(LANGUAGE, { style: 'currency', currency }).resolvedOptions();
  const fraction = maximumFractionDigits === 0 && Number.isInteger(value) ? 0 : places;
  const digits = { minimumFractionDigits: fraction, maximumFractionDigits: fraction };
  return new Intl.NumberFormat(LANGUAGE, { style: 'currency', currency, ...digits }).format(value);
}

/** Whether its user does not want to see what that one says; the chat client keeps that there. */
async function isIgnored(userId) {
  const kept = userId && (await caches.match('/gongu-choices'));
  return kept ? (await kept.json()).ignored.includes(userId) : false;
}

addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(open(`/products/${encodeURIComponent(event.notification.data.roomId)}?tab=chat`));
});

/** In the page that is there already, else in a new one. */
async function open(path) {
  const [page] = await clients.matchAll({ type: 'window' });
  if (!page) return clients.openWindow(path);
  await page.focus();
  // One that was loaded before this worker is not its own to lead.
  return page.navigate(path).catch(() => clients.openWindow(path));
}
