import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { tlsWords } from './tls-words.ts';

/** Why these files, in PEM, can't be used for TLS, in words for whoever runs the service; undefined: they can. */
export function certificateFault(files: Pick<SecureContextOptions, 'ca' | 'cert' | 'key'>): string | undefined {
  if (/ENCRYPTED/.test(String(files.key))) return 'the key is encrypted, and nobody is asked for a passphrase';
  try {
    createSecureContext(files);
    return undefined;
  } catch (error) {
    return tlsWords(error instanceof Error ? error.message : String(error));
  }
}
