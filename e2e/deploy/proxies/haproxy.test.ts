import { HAPROXY } from '@gongu/testkit/proxies';
import { standsInFront } from './in-front.ts';

standsInFront(HAPROXY);
