#!/usr/bin/env bash
# The particle after a number ("10개 중 3이/가"): npm es-hangul 2.4.0, npm josa-complete 2.0.1, PyPI hgtk 0.2.1,
# PyPI tossi 0.3.1.
# Numbers are read in Korean: 3 is 삼, so 3이; 2 is 이, so 2가. Only tossi reads them. The others see no Hangul and take
# the form after a vowel, without an error: "3가", "10를", wrong for 0, 1, 3, 6, 7, 8. josa-complete takes 으로 after all
# of them, even after 2; tossi writes 이(가) after Latin. es-hangul does read one Latin letter at the end, if it is L
# after nothing else. So a shop that says "남은 자리 3이" in one service says "3가" in the other.
#> es-hangul 2가 3가 1,000가 5kg가 L이 XL이 귤 가 2로
#> josa-complete 2가 3가 1,000가 5kg가 L가 XL가 귤 가 2으로
#> hgtk 2가 3가 1,000가 5kg가 L이 XL이 귤 이 2로
#> tossi 2가 3이 1,000이 5kg이(가) L이(가) XL이(가) 귤 이 2로
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . es-hangul@2.4.0 josa-complete@2.0.1
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install hgtk==0.2.1 tossi==0.3.1 setuptools==65.5.0

cat >run.mjs <<'E'
import { josa } from 'es-hangul';
import complete from 'josa-complete';

const words = ['2', '3', '1,000', '5kg', 'L', 'XL', '귤 '];
console.log('es-hangul', words.map((word) => josa(word, '이/가')).join(' '), josa('2', '으로/로'));
console.log('josa-complete', words.map((word) => word + complete.get이가(word)).join(' '), `2${complete.get으로('2')}`);
E
cat >run.py <<'E'
import hgtk, tossi
words = ['2', '3', '1,000', '5kg', 'L', 'XL', '귤 ']
attach = hgtk.josa.attach
print('hgtk', *(attach(word, hgtk.josa.I_GA) for word in words), attach('2', hgtk.josa.EURO_RO))
print('tossi', *(tossi.postfix(word, '이') for word in words), tossi.postfix('2', '으로'))
E
{ node run.mjs && py/bin/python run.py; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
