/** Of OpenSSL's `address:error:number:library:function:reason:file:line:…` the reason; any other text as it is. */
export function tlsWords(text: string): string {
  return text.replace(/(?:[0-9A-F]+:)?error:[0-9A-F]+:[^:]*:[^:]*:([^:]+).*/s, '$1').trim();
}
