#!/usr/bin/env bash
# npm es-hangul 2.4.0 and text in decomposed form (NFD), as file names from a Mac have it.
# Half of the library understands it, so a first test passes: the initials of 감 are ㄱ in both forms. The other half
# takes it for a word without a final consonant, or leaves it alone, without an error. `normalize('NFC')` before all.
# Also seen: a two-letter final consonant is one when written as two letters, and none as the one letter of keyboards.
#> getChoseong ㄱ ㄱ
#> hasBatchim true false
#> josa 감이 감가
#> romanize gam 감
#> disassemble ㄱㅏㅁ 감
#> canBeJongseong true false
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . es-hangul@2.4.0

cat >run.mjs <<'E'
import * as hangul from 'es-hangul';

const nfc = '감';
const nfd = nfc.normalize('NFD');
for (const name of ['getChoseong', 'hasBatchim']) console.log(name, hangul[name](nfc), hangul[name](nfd));
console.log('josa', hangul.josa(nfc, '이/가'), hangul.josa(nfd, '이/가').normalize());
for (const name of ['romanize', 'disassemble']) console.log(name, hangul[name](nfc), hangul[name](nfd).normalize());
console.log('canBeJongseong', hangul.canBeJongseong('ㄱㅅ'), hangul.canBeJongseong('ㄳ'));
E
node run.mjs | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
