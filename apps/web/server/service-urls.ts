/** Where the page finds the services; `/config.json`. Empty: on the page's own origin. */
export interface ServiceUrls {
  readonly chatUrl: string;
  readonly tradeUrl: string;
  /** Of a back end that takes payments as `examples/payments.mjs` does; absent: there is none. */
  readonly payUrl?: string;
}

interface Ports {
  readonly chatPort: number;
  readonly tradePort: number;
  /** Of a back end that takes payments beside the services. */
  readonly payPort?: number | undefined;
  /** Of one that is elsewhere. */
  readonly payUrl?: string | undefined;
}

/** A name, an IPv4 address, or an IPv6 address in brackets. Anything else would have no business in a header. */
const HOST_NAME = /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])$/i;

/**
 * The services beside this site, under the name by which the browser came: `localhost`, or the address of this machine on
 * a telephone.
 *
 * @param host the request's `Host`
 */
export function serviceUrls(host: string | undefined, { chatPort, tradePort, payPort, payUrl }: Ports): ServiceUrls {
  const name = (host ?? '').replace(/:\d+$/, '');
  const known = HOST_NAME.test(name) ? name : '127.0.0.1';
  const urlAt = (port: number) => `http://${known}:${port}`;
  const pay = payUrl ?? (payPort === undefined ? undefined : urlAt(payPort));
  return { chatUrl: urlAt(chatPort), tradeUrl: urlAt(tradePort), ...(pay === undefined ? {} : { payUrl: pay }) };
}
