// Shows pushes of unread messages, and leads to the conversation. It serves no page: what is offline stays offline.
const KOREAN = /^ko\b/.test(navigator.language);

addEventListener('install', () => skipWaiting());
addEventListener('activate', (event) => event.waitUntil(clients.claim()));

addEventListener('push', (event) => event.waitUntil(show(event.data.json())));

async function show({ roomId, title, unread, from, fromUserId, text }) {
  const counted = KOREAN ? `읽지 않은 메시지 ${unread}개` : `${unread} unread ${unread === 1 ? 'message' : 'messages'}`;
  const isCounted = text === undefined || (await isIgnored(fromUserId));
  const body = isCounted ? counted : from ? `${from}: ${text}` : text;
  await registration.showNotification(title, { body, tag: roomId, icon: '/icons/192.png', data: { roomId } });
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
