import type { Product } from '@gongu/shared';
import { useState } from 'react';
import { useStrings } from '../i18n/LocaleProvider.tsx';

const TEXTS = {
  ko: { share: '공유하기', copied: '링크를 복사했어요.', notCopied: '복사할 수 없어요. 주소: ' },
  en: { share: 'Share', copied: 'Link copied.', notCopied: 'It can not be copied. The address: ' },
} as const;

/** Sends a product on by what the browser has for it; else its link is copied, or shown. */
export function Share({ product: { id, title } }: { readonly product: Product }) {
  const texts = TEXTS[useStrings().locale];
  const [said, setSaid] = useState('');
  const url = new URL(`/products/${encodeURIComponent(id)}`, location.href).href;
  async function share(): Promise<void> {
    setSaid('');
    if (typeof navigator.share === 'function') {
      // Given up, or not allowed: whoever has pressed it knows.
      await navigator.share({ title, url }).catch(() => {});
      return;
    }
    try {
      await navigator.clipboard.writeText(url);
      setSaid(texts.copied);
    } catch {
      // Without HTTPS there is no clipboard.
      setSaid(texts.notCopied + url);
    }
  }
  return (
    <p className="row share">
      <button type="button" onClick={() => void share()}>
        {texts.share}
      </button>
      <small role="status">{said}</small>
    </p>
  );
}
