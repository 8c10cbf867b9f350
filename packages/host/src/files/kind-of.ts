import type { FileRefusal } from '@gongu/shared';

/** What a file is by its first bytes. `picture`: one that is shown. `download`: of that type, and not shown. */
export type FileKind =
  | { readonly kind: 'picture'; readonly format: 'jpeg' | 'png' | 'webp' | 'gif' | 'avif' }
  | { readonly kind: 'download'; readonly type: string }
  | Refused;

export interface Refused {
  readonly kind: 'refused';
  readonly detail: string;
  readonly reason: FileRefusal;
}

/** First bytes that tell what a file is. */
export const HEAD_BYTES = 4_096;

/** What is taken where pictures alone are, in the end of a refusal. */
export const PICTURES_TAKEN = 'JPEG, PNG, WebP, GIF and AVIF are taken';
const FILES_TAKEN = 'Pictures (JPEG, PNG, WebP, GIF, AVIF), PDF, video and audio are taken';

/** What is refused by its announced type already, so that nobody uploads it in vain. */
const REFUSED_TYPES: readonly (readonly [RegExp, FileRefusal, (taken: string) => string])[] = [
  [
    /^image\/hei[cf]/i,
    'HEIC',
    () => 'HEIC pictures are not shown by most browsers: save the picture as JPEG and send that',
  ],
  [/^image\/svg/i, 'SVG', () => 'SVG can hold scripts: save the picture as PNG and send that'],
  [/^(text\/html|application\/xhtml)/i, 'HTML', (taken) => `HTML can hold scripts. ${taken}`],
  [
    /^application\/(zip|x-zip|x-rar|x-7z|gzip|x-tar|vnd\.rar)/i,
    'ARCHIVE',
    (taken) => `Archives are not taken: send what is in it. ${taken}`,
  ],
];

/** Why a file of this announced type is not taken, whatever is in it; null: it may be. `taken` says what is. */
export function refusalOfType(type: string, taken = FILES_TAKEN): Refused | null {
  const [, reason, detail] = REFUSED_TYPES.find(([pattern]) => pattern.test(type)) ?? [];
  return reason && detail ? { kind: 'refused', detail: detail(taken), reason } : null;
}

/** What others begin with: their type, and what stands where. */
const BEGINNINGS: readonly (readonly [type: string, ...parts: (readonly [offset: number, text: string])[]])[] = [
  ['audio/wav', [0, 'RIFF'], [8, 'WAVE']],
  ['audio/wav', [0, 'RF64'], [8, 'WAVE']],
  ['video/x-msvideo', [0, 'RIFF'], [8, 'AVI ']],
  ['video/mpeg', [0, '\x00\x00\x01\xba']],
  ['video/mpeg', [0, '\x00\x00\x01\xb3']],
  ['video/x-flv', [0, 'FLV\x01']],
  // ASF: WMV and WMA alike.
  ['video/x-ms-asf', [0, '\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c']],
  ['audio/amr-wb', [0, '#!AMR-WB\n']],
  ['audio/amr', [0, '#!AMR\n']],
  ['audio/flac', [0, 'fLaC']],
  ['audio/mpeg', [0, 'ID3']],
  ['audio/aac', [0, 'ADIF']],
  ['audio/aiff', [0, 'FORM'], [8, 'AIF']],
  ['audio/x-caf', [0, 'caff\x00\x01']],
  ['audio/midi', [0, 'MThd\x00\x00\x00\x06']],
  ['audio/basic', [0, '.snd\x00']],
];

/** MPEG-TS: packets of 188 bytes, or of 192 with a time in front of each (as cameras write them), each begun by 0x47. */
function isTransportStream(bytes: Buffer): boolean {
  return [
    [188, 0],
    [192, 4],
  ].some(([packet, first]) => [0, 1, 2].every((i) => bytes[first! + i * packet!] === 0x47));
}

/** By content alone: what it is called and announced as says nothing. `taken` says what is taken, in a refusal. */
export function kindOf(head: Uint8Array, taken = FILES_TAKEN): FileKind {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  const at = (offset: number, text: string) => bytes.toString('latin1', offset, offset + text.length) === text;
  if (bytes.length === 0) return { kind: 'refused', detail: 'The file is empty', reason: 'EMPTY' };
  if (at(0, '\xff\xd8\xff')) return { kind: 'picture', format: 'jpeg' };
  if (at(0, '\x89PNG\r\n\x1a\n')) return { kind: 'picture', format: 'png' };
  if (at(0, 'GIF87a') || at(0, 'GIF89a')) return { kind: 'picture', format: 'gif' };
  if (at(0, 'RIFF') && at(8, 'WEBP')) return { kind: 'picture', format: 'webp' };
  const begun = BEGINNINGS.find(([, ...parts]) => parts.every(([offset, text]) => at(offset, text)));
  if (begun) return download(begun[0]);
  if (at(0, '%PDF-')) return download('application/pdf');
  if (at(4, 'ftyp')) return ofBrands(bytes);
  if (at(0, '\x1a\x45\xdf\xa3')) return download(bytes.includes('webm') ? 'video/webm' : 'video/x-matroska');
  if (at(0, 'OggS')) return download(bytes.includes('theora') ? 'video/ogg' : 'audio/ogg');
  // QuickTime without a brand: its first part's length begins with a zero, as no text does.
  if (bytes[0] === 0 && ['moov', 'mdat', 'wide', 'skip', 'free'].some((part) => at(4, part))) {
    return download('video/quicktime');
  }
  if (isTransportStream(bytes)) return download('video/mp2t');
  // MPEG audio without a tag: eleven set bits, then a version and a layer; layer 0 is AAC's ADTS. Nobody has layer I, which
  // begins as text in UTF-16 does.
  if (bytes[0] === 0xff && bytes.length > 3 && (bytes[1]! & 0xe0) === 0xe0 && (bytes[2]! & 0xf0) !== 0xf0) {
    if ((bytes[1]! & 0xf6) === 0xf0) return download('audio/aac');
    if ((bytes[1]! & 0x18) !== 0x08 && [0x02, 0x04].includes(bytes[1]! & 0x06)) return download('audio/mpeg');
  }
  if (at(0, 'PK\x03\x04') || at(0, 'PK\x05\x06')) return refusalOfType('application/zip', taken)!;
  const text = bytes.toString('latin1', 0, 1_024).toLowerCase();
  if (text.includes('<svg')) return refusalOfType('image/svg', taken)!;
  if (/<(!doctype\s+html|html|head|body|script)/.test(text)) return refusalOfType('text/html', taken)!;
  return { kind: 'refused', detail: `The file is none of those that are taken. ${taken}`, reason: 'TYPE' };
}

/** Of an ISO base media file: its main brand, and those that it is compatible with. */
function ofBrands(bytes: Buffer): FileKind {
  const size = Math.min(bytes.readUInt32BE(0), bytes.length, 256);
  const brands: string[] = [];
  for (let offset = 8; offset + 4 <= size; offset += 4) {
    if (offset !== 12) brands.push(bytes.toString('latin1', offset, offset + 4));
  }
  if (brands.some((brand) => brand === 'avif' || brand === 'avis')) return { kind: 'picture', format: 'avif' };
  if (brands.some((brand) => /^(hei|hev|mif1|msf1)/.test(brand))) return refusalOfType('image/heic')!;
  const main = brands[0] ?? '';
  if (brands.some((brand) => /^M4[AB]/.test(brand))) return download('audio/mp4');
  if (/^3g[2p]/.test(main)) return download(main.startsWith('3g2') ? 'video/3gpp2' : 'video/3gpp');
  return download(main === 'qt  ' ? 'video/quicktime' : 'video/mp4');
}

function download(type: string): FileKind {
  return { kind: 'download', type };
}
