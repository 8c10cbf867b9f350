// Shows pushes of unread messages, and leads to the conversation. It serves no page: what is offline stays offline.
const KOREAN = /^ko\b/.test(navigator.language);

addEventListener('install', () => skipWaiting());
addEventListener('activate', (event) => event.waitUntil(clients.claim()));

addEventListener('push', (event) => {
  const { roomId, title, unread, from, text } = event.data.json();
  const counted = KOREAN ? `읽지 않은 메시지 ${unread}개` : `${unread} unread ${unread === 1 ? 'message' : 'messages'}`;
  const shown = text === undefined ? counted : from ? `${from}: ${text}` : text;
  event.waitUntil(
    registration.showNotification(title, { body: shown, tag: roomId, icon: '/icons/192.png', data: { roomId } }),
  );
});

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
