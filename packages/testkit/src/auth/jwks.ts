import { createServer } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

/** An issuer that publishes its key, for services with `JWKS_URL`. */
export interface JwksIssuer {
  url: string;
  /** How often the keys were asked for. */
  readonly requests: number;
  /** A token with these claims; `exp` is an hour ahead unless it is among them. */
  sign(claims: Record<string, unknown>): Promise<string>;
  stop(): Promise<void>;
}

/** @param alg default RS256 */
export async function startJwks(alg: 'RS256' | 'ES256' = 'RS256'): Promise<JwksIssuer> {
  const { publicKey, privateKey } = await generateKeyPair(alg);
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'test', alg, use: 'sig' }];
  let requests = 0;
  const server = createServer((_request, response) => {
    requests++;
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}/jwks.json`,
    get requests() {
      return requests;
    },
    sign(claims) {
      const exp = Math.floor(Date.now() / 1000) + 3_600;
      return new SignJWT({ exp, ...claims }).setProtectedHeader({ alg, kid: 'test' }).sign(privateKey);
    },
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
