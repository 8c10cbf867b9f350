import type { IncomingHttpHeaders } from 'node:http';

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Whether the library would take these headers (RFC 6455 §4.2.1). */
export function isHandshake(headers: IncomingHttpHeaders): boolean {
  const version = headers['sec-websocket-version'];
  if (version !== '13' && version !== '8') return false;
  if (!/^[+/0-9A-Za-z]{22}==$/.test(headers['sec-websocket-key'] ?? '')) return false;
  const list = headers['sec-websocket-protocol'];
  if (list === undefined || TOKEN.test(list)) return true;
  const offered = list.split(',').map((one) => one.trim());
  return offered.every((one) => TOKEN.test(one)) && new Set(offered).size === offered.length;
}
