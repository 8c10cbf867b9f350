import { APACHE } from '@gongu/testkit/proxies';
import { standsInFront } from './in-front.ts';

standsInFront(APACHE);
