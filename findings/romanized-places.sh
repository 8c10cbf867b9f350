#!/usr/bin/env bash
# Romanized Hangul, for an address in English: PyPI korean-romanizer 0.28.0, hangul-romanize 0.1.0, kroman 1.1, npm
# es-hangul 2.4.0. The Revised Romanization writes the sound, in which neighbouring consonants change each other: 종로 is
# Jongno. es-hangul does so. korean-romanizer joins vowels to what stands before but knows no such change,
# hangul-romanize writes letter by letter, and kroman separates the syllables by another table. One place has four names,
# of which one is on the map: a label, a search or a comparison of two addresses goes wrong. Seen: library, 종로 (Jongno),
# 독립문 (Dongnimmun), 신라 (Silla), 꽃 (kkot).
#> es-hangul jongno dongnimmun silla kkot
#> korean-romanizer jongro dokripmun sinra kkot
#> hangul-romanize jonglo doglibmun sinla kkoch
#> kroman jong-ro dog-rib-mun sin-ra ggoc
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . es-hangul@2.4.0
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install korean-romanizer==0.28.0 hangul-romanize==0.1.0 kroman==1.1

cat >run.mjs <<'E'
import { romanize } from 'es-hangul';

console.log('es-hangul', ...['종로', '독립문', '신라', '꽃'].map((word) => romanize(word)));
E
cat >run.py <<'E'
import kroman
from hangul_romanize import Transliter
from hangul_romanize.rule import academic
from korean_romanizer.romanizer import Romanizer
words = ('종로', '독립문', '신라', '꽃')
print('korean-romanizer', *(Romanizer(word).romanize() for word in words))
print('hangul-romanize', *(Transliter(academic).translit(word) for word in words))
print('kroman', *(kroman.parse(word) for word in words))
E
{ node run.mjs && py/bin/python run.py; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
