#!/usr/bin/env bash
# QR codes for payment (EMVCo, merchant-presented) with a Hangul name in them: npm promptparse 1.6.0, emvco-qr-sdk 1.0.0,
# vietnam-qr-pay 1.5.1 and emv-qrcps 0.0.7.
# The name in the shop's language has a field of its own (64), and the checksum at the end is over the bytes of the code. promptparse
# and emvco-qr-sdk compute it over JavaScript's characters, which is the same for Latin letters and for nothing else: a
# right code with 공구상회 in it is refused, and the codes they make are refused by others. emv-qrcps writes the checksum without
# leading zeros, so one code in sixteen ends in three digits and is none, by its amount. Compute it over the UTF-8, four digits.
# Seen: name, reader, what it makes of a right code; then how many of emv-qrcps's codes for 10,000 to 10,999 won are short.
#> Gongu promptparse read
#> Gongu emvco-qr-sdk valid
#> Gongu vietnam-qr-pay valid
#> 공구상회 promptparse null
#> 공구상회 emvco-qr-sdk not valid
#> 공구상회 vietnam-qr-pay valid
#> emv-qrcps, of 1000 codes with a short checksum: 60
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . crc@4.3.2 emv-qrcps@0.0.7 emvco-qr-sdk@1.0.0 promptparse@1.6.0 vietnam-qr-pay@1.5.1

cat >run.cjs <<'E'
const { crc16ccitt } = require('crc');
const { Merchant } = require('emv-qrcps');
const { getCrcInfo, parseQR } = require('emvco-qr-sdk');
const { parse } = require('promptparse');
const { QRPay } = require('vietnam-qr-pay');

const field = (id, value) => `${id}${String(value.length).padStart(2, '0')}${value}`;
for (const name of ['Gongu', '공구상회']) {
  const fields = [['00', '01'], ['26', field('00', 'pay.example')], ['52', '5411'], ['53', '410'], ['54', '12000'], ['58', 'KR']];
  fields.push(['59', 'Gongu'], ['60', 'Seoul'], ['64', field('00', 'ko') + field('01', name)]);
  const text = `${fields.map(([id, value]) => field(id, value)).join('')}6304`;
  const code = text + crc16ccitt(Buffer.from(text)).toString(16).toUpperCase().padStart(4, '0');
  console.log(name, 'promptparse', parse(code, true) ? 'read' : 'null');
  console.log(name, 'emvco-qr-sdk', getCrcInfo(code, parseQR(code)).isValid ? 'valid' : 'not valid');
  console.log(name, 'vietnam-qr-pay', new QRPay(code).isValid ? 'valid' : 'not valid');
}
let short = 0;
for (let won = 10_000; won < 11_000; won++) {
  const code = Merchant.buildEMVQR();
  code.setPayloadFormatIndicator('01');
  const account = Merchant.buildMerchantAccountInformation();
  account.setGloballyUniqueIdentifier('pay.example');
  code.addMerchantAccountInformation('26', account);
  code.setMerchantCategoryCode('5411');
  code.setTransactionCurrency('410');
  code.setTransactionAmount(String(won));
  code.setCountryCode('KR');
  code.setMerchantName('Gongu');
  code.setMerchantCity('Seoul');
  if (!/6304.{4}$/.test(code.generatePayload())) short++;
}
console.log('emv-qrcps, of 1000 codes with a short checksum:', short);
E
node run.cjs | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
