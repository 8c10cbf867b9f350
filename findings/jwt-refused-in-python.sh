#!/usr/bin/env bash
# Tokens that npm jose 6.2.18, jsonwebtoken 9.0.3 and fast-jwt 6.3.6 accept, and PyPI PyJWT 2.15.1 and joserfc 1.8.0
# refuse. A user's id as a number ({"sub": 42}, what a sign-in with a serial column writes) is invalid in Python only.
# And a time of issue two seconds ahead, because the signing machine's clock is: none of Node's looks at iat, Python says
# "not yet valid", for two seconds, now and then. Write sub as a text, and give Python a leeway. Below, iat is 600 s ahead.
#> plain: jose, jsonwebtoken, fast-jwt accept, PyJWT accepts joserfc accepts
#> sub 42: jose, jsonwebtoken, fast-jwt accept, PyJWT InvalidSubjectError joserfc InvalidClaimError
#> iat ahead: jose, jsonwebtoken, fast-jwt accept, PyJWT ImmatureSignatureError joserfc InvalidClaimError
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . jose@6.2.18 jsonwebtoken@9.0.3 fast-jwt@6.3.6
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install PyJWT==2.15.1 joserfc==1.8.0

cat >run.py <<'E'
import sys
import jwt
from joserfc import jwt as jose
from joserfc.jwk import OctKey
key, token = sys.argv[1:]
def joserfc():
    jose.JWTClaimsRegistry().validate(jose.decode(token, OctKey.import_key(key)).claims)
for name, check in (('PyJWT', lambda: jwt.decode(token, key, algorithms=['HS256'])), ('joserfc', joserfc)):
    try:
        check()
        print(name, 'accepts', end=' ')
    except Exception as error:
        print(name, type(error).__name__, end=' ')
E
cat >run.mjs <<'E'
import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { createVerifier } from 'fast-jwt';
import { jwtVerify } from 'jose';
import jsonwebtoken from 'jsonwebtoken';

const key = 'k'.repeat(32);
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const now = Math.floor(Date.now() / 1000);
const claims = { plain: { sub: '42' }, 'sub 42': { sub: 42 }, 'iat ahead': { sub: '42', iat: now + 600 } };
for (const name in claims) {
  const signed = `${part({ alg: 'HS256' })}.${part({ ...claims[name], exp: now + 900 })}`;
  const token = `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
  await jwtVerify(token, Buffer.from(key));
  jsonwebtoken.verify(token, key);
  createVerifier({ key })(token);
  const python = execFileSync('py/bin/python', ['run.py', key, token], { encoding: 'utf8' });
  console.log(`${name}: jose, jsonwebtoken, fast-jwt accept, ${python.trim()}`);
}
E
node run.mjs | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
