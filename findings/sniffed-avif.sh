#!/usr/bin/env bash
# AVIF by its first bytes: npm file-type 21.3.4, npm magic-bytes.js 1.13.1, PyPI filetype 1.2.0 and puremagic 1.30,
# Go h2non/filetype 1.1.3 and gabriel-vasile/mimetype 1.4.16.
# The box at the start has a major brand and a list of compatible ones. An AVIF must have "avif" in the list, while its
# major brand may be the general "mif1", and is "avis" if animated. Most look at the major brand only, and say HEIF, which
# most browsers do not show, or a video, or nothing; two libraries called filetype disagree. One that sorts uploads by it
# refuses pictures, or converts them in vain. Look for the brand in the list.
# Seen: library, then the type of major brand avif, mif1, avis.
#> file-type image/avif image/heif image/avif
#> magic-bytes.js image/avif image/heif video/mp4
#> PyPI filetype image/avif image/avif none
#> puremagic video/mp4 video/mp4 video/mp4
#> h2non/filetype none none none
#> mimetype image/avif image/heif image/avif
set -euo pipefail
dir=$(mktemp -d) && trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . file-type@21.3.4 magic-bytes.js@1.13.1
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install filetype==1.2.0 puremagic==1.30

for brands in 'avif avifmif1miaf' 'mif1 mif1avifmiaf' 'avis avifavismsf1'; do
  read -r major compatible <<<"$brands"
  { printf '\0\0\0\034ftyp%s\0\0\0\0%s' "$major" "$compatible"; head -c 400 /dev/zero; } >"$major.bin"
done
cat >run.mjs <<'E'
import { readFileSync } from 'node:fs';
import { fileTypeFromBuffer } from 'file-type';
import { filetypemime } from 'magic-bytes.js';

const files = ['avif', 'mif1', 'avis'].map((brand) => readFileSync(`${brand}.bin`));
console.log('file-type', ...(await Promise.all(files.map(async (file) => (await fileTypeFromBuffer(file))?.mime ?? 'none'))));
console.log('magic-bytes.js', ...files.map((file) => filetypemime(file)[0] ?? 'none'));
E
cat >run.py <<'E'
import filetype
import puremagic

files = [open(brand + '.bin', 'rb').read() for brand in ('avif', 'mif1', 'avis')]
print('PyPI filetype', *(filetype.guess_mime(file) or 'none' for file in files))
print('puremagic', *(puremagic.from_string(file, mime=True) for file in files))
E
cat >main.go <<'E'
package main

import (
	"fmt"
	"os"

	"github.com/gabriel-vasile/mimetype"
	"github.com/h2non/filetype"
)

func main() {
	ofFiletype, ofMimetype := "h2non/filetype", "mimetype"
	for _, brand := range []string{"avif", "mif1", "avis"} {
		file, _ := os.ReadFile(brand + ".bin")
		if kind, _ := filetype.Match(file); kind == filetype.Unknown {
			ofFiletype += " none"
		} else {
			ofFiletype += " " + kind.MIME.Value
		}
		ofMimetype += " " + mimetype.Detect(file).String()
	}
	fmt.Println(ofFiletype + "\n" + ofMimetype)
}
E
export GOFLAGS=-mod=mod GOTOOLCHAIN=local
go mod init finding 2>go.log
go get github.com/h2non/filetype@v1.1.3 github.com/gabriel-vasile/mimetype@v1.4.16 2>>go.log
{ node run.mjs && py/bin/python run.py && go run .; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
