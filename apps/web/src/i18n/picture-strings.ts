/** The texts of a product's pictures: they come with the parts of the page that show them. */
const TEXTS = {
  ko: {
    title: '사진',
    hint: 'JPEG, PNG, WebP, GIF, AVIF 사진을 10장까지. 끌어다 놓거나 붙여 넣어도 돼요. 첫 사진이 대표 사진이에요.',
    choose: '사진 고르기',
    picture: (number: number, all: number) => `사진 ${number}/${all}`,
    first: '대표',
    earlier: (number: number) => `사진 ${number} 앞으로`,
    later: (number: number) => `사진 ${number} 뒤로`,
    remove: (number: number) => `사진 ${number} 빼기`,
    retry: (number: number) => `사진 ${number} 다시 올리기`,
    uploading: (number: number) => `사진 ${number} 올리는 중`,
    state: (all: number, pending: number, failed: number) =>
      [`사진 ${all}장`, pending > 0 && `${pending}장 올리는 중`, failed > 0 && `${failed}장 올리지 못함`]
        .filter(Boolean)
        .join(', '),
    noPicture: (name: string) => `${name}: 사진이 아니에요.`,
    heic: (name: string) => `${name}: HEIC 사진은 대부분의 브라우저가 보여 주지 못해요. JPEG로 바꾸어 올려 주세요.`,
    tooLarge: (name: string) => `${name}: 10 MB까지 올릴 수 있어요. 크기를 줄여 주세요.`,
    tooMany: '사진은 10장까지예요.',
    wait: '사진이 다 올라간 다음에 다시 눌러 주세요. 올리지 못한 사진은 다시 올리거나 빼 주세요.',
  },
  en: {
    title: 'Pictures',
    hint: 'Up to 10: JPEG, PNG, WebP, GIF or AVIF. Drop or paste them here, too. The first stands for the product.',
    choose: 'Choose pictures',
    picture: (number: number, all: number) => `Picture ${number} of ${all}`,
    first: 'first',
    earlier: (number: number) => `Move picture ${number} forward`,
    later: (number: number) => `Move picture ${number} back`,
    remove: (number: number) => `Remove picture ${number}`,
    retry: (number: number) => `Upload picture ${number} again`,
    uploading: (number: number) => `Uploading picture ${number}`,
    state: (all: number, pending: number, failed: number) =>
      [
        all === 1 ? '1 picture' : `${all} pictures`,
        pending > 0 && `${pending} uploading`,
        failed > 0 && `${failed} failed`,
      ]
        .filter(Boolean)
        .join(', '),
    noPicture: (name: string) => `${name} is no picture.`,
    heic: (name: string) => `${name}: HEIC pictures are not shown by most browsers. Save it as JPEG and upload that.`,
    tooLarge: (name: string) => `${name} has more than 10 MB. Make it smaller.`,
    tooMany: 'There can be 10 pictures at most.',
    wait: 'Press it again once the pictures are there. Those that failed are uploaded again, or removed.',
  },
} as const;

export function pictureStrings(locale: 'ko' | 'en') {
  return TEXTS[locale];
}
