const TEXTS = {
  ko: {
    title: '결제 (시험용)',
    hint: '시험용 화면입니다. 실제로 돈이 나가지 않아요.',
    pay: '결제하기',
    fail: '결제 실패로 해 보기',
    back: '상점으로 돌아가기',
    done: '이 결제는 이미 처리됐어요.',
  },
  en: {
    title: 'Pay (a stand-in)',
    hint: 'This page stands in for a provider. No money is moved.',
    pay: 'Pay',
    fail: 'Let it fail',
    back: 'Back to the shop',
    done: 'This payment has been seen to.',
  },
};

/** The page of a payment, which needs no script. `state`: what the provider says of it; undefined: nobody has paid. */
export function payPage({ amount, currency, lang, back }, state) {
  const texts = TEXTS[lang];
  const buttons = `<form method="post">
<button name="do" value="pay">${texts.pay}</button> <button name="do" value="fail">${texts.fail}</button></form>`;
  return `<!doctype html>
<html lang="${lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>${texts.title}</title>
<style>body{font:1.1rem/1.6 system-ui,sans-serif;max-width:30rem;margin:3rem auto;padding:0 1rem}
button{font:inherit;padding:.6rem 1.2rem}strong{font-size:1.6rem}</style></head>
<body><main><h1>${texts.title}</h1><p>${texts.hint}</p><p><strong>${escaped(money(amount, currency, lang))}</strong></p>
${state ? `<p>${texts.done}</p>` : buttons}
<p><a href="${escaped(back)}">${texts.back}</a></p></main></body></html>`;
}

/** Places of minor units by ISO 4217, where they are not two; `Intl` has those that people write, which are fewer for some. */
const PLACES = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};

function money(amount, currency, lang) {
  const places = Number(Object.entries(PLACES).find(([, codes]) => codes.includes(currency))?.[0] ?? 2);
  const digits = { minimumFractionDigits: places, maximumFractionDigits: places };
  return new Intl.NumberFormat(lang, { style: 'currency', currency, ...digits }).format(amount / 10 ** places);
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
