export { APACHE, CADDY, caddyBy, HAPROXY, NGINX } from './kinds.ts';
export { isThere, type ProxyKind, type RunningProxy, startProxy } from './proxy.ts';
