declare module 'http_ece' {
  import type { ECDH } from 'node:crypto';

  const ece: {
    /** RFC 8188 with the keys of RFC 8291. @throws Error where it was not encrypted for these */
    decrypt(body: Buffer, how: { version: 'aes128gcm'; privateKey: ECDH; dh: string; authSecret: string }): Buffer;
  };
  export default ece;
}
