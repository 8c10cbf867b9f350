export { APACHE, CADDY, HAPROXY, NGINX } from './kinds.ts';
export { isThere, type ProxyKind, type RunningProxy, startProxy } from './proxy.ts';
