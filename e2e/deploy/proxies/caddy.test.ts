import { CADDY } from '@gongu/testkit/proxies';
import { standsInFront } from './in-front.ts';

standsInFront(CADDY, CADDY);
