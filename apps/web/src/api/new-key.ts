/** 32 hexadecimal digits of chance. `crypto.randomUUID` is missing on pages that came by plain HTTP. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
