import type { FileRefusal } from '@gongu/shared';

/** Why a picture is not taken, as trade says it for programs. */
const TEXTS: Readonly<Record<'ko' | 'en', Partial<Record<FileRefusal, string>>>> = {
  ko: {
    OFF: '이곳에서는 사진을 받지 않아요.',
    EMPTY: '빈 파일이에요.',
    TOO_LARGE: '파일이 너무 커요. 크기를 줄여 주세요.',
    QUOTA: '더 올릴 공간이 없어요. 상품에서 사진을 먼저 빼 주세요.',
    TYPE: '사진이 아니에요. JPEG, PNG, WebP, GIF, AVIF를 올려 주세요.',
    HEIC: 'HEIC 사진은 대부분의 브라우저가 보여 주지 못해요. JPEG로 바꾸어 올려 주세요.',
    SVG: 'SVG에는 스크립트가 들어갈 수 있어요. PNG로 바꾸어 올려 주세요.',
    HTML: '사진이 아니라 HTML이에요. JPEG, PNG, WebP, GIF, AVIF를 올려 주세요.',
    ARCHIVE: '압축 파일은 받지 않아요. 안에 있는 사진을 올려 주세요.',
    PICTURE_TOO_LARGE: '사진의 화소가 너무 많아요. 크기를 줄여 주세요.',
    BROKEN: '사진이 손상되었거나 잘렸어요.',
    GONE: '그사이에 취소됐어요. 다시 올려 주세요.',
  },
  en: {
    OFF: 'No pictures are taken here.',
    EMPTY: 'The file is empty.',
    TOO_LARGE: 'The file is too large. Make it smaller.',
    QUOTA: 'You have no room for more pictures. Take some from products first.',
    TYPE: 'It is no picture. JPEG, PNG, WebP, GIF and AVIF are taken.',
    HEIC: 'Most browsers don’t show HEIC pictures. Save it as JPEG and upload that.',
    SVG: 'SVG can hold scripts. Save the picture as PNG and upload that.',
    HTML: 'It is HTML, and no picture. JPEG, PNG, WebP, GIF and AVIF are taken.',
    ARCHIVE: 'Archives are not taken. Upload the pictures that are in it.',
    PICTURE_TOO_LARGE: 'The picture has too many pixels. Make it smaller.',
    BROKEN: 'The picture is damaged or cut off.',
    GONE: 'It was given up meanwhile. Upload it again.',
  },
};

const AT_MOST = {
  ko: (size: string) => `파일이 너무 커요. ${size}까지 올릴 수 있어요.`,
  en: (size: string) => `The file is too large: at most ${size} are taken.`,
} as const;

/**
 * Undefined: none that is known here.
 *
 * @param maxBytes of what is too large: how much is taken
 */
export function pictureRefusal(
  locale: 'ko' | 'en',
  reason: FileRefusal | undefined,
  maxBytes?: number,
): string | undefined {
  if (reason === 'TOO_LARGE' && maxBytes !== undefined) return AT_MOST[locale](sizeWithin(maxBytes));
  return reason && TEXTS[locale][reason];
}

/** A size that is no greater than so many bytes, whether one counts 1,000 or 1,024 of them. */
function sizeWithin(bytes: number): string {
  const [unit, name] = bytes < 1_048_576 ? [1_024, 'kB'] : [1_048_576, 'MB'];
  const size = bytes / unit;
  return `${size < 10 ? Math.floor(size * 10) / 10 : Math.floor(size)} ${name}`;
}
