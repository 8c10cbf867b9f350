#!/usr/bin/env bash
# Operations of a published key: npm jose 6.2.18, PyPI PyJWT 2.15.1, joserfc 1.8.0.
# An issuer that publishes `key_ops` for both halves of its pair (RFC 7517, 4.3, names "sign" with "verify" as a usual
# combination), or an empty list, is trusted by PyJWT. jose lets WebCrypto import the public half with both uses, which is a
# DOMException ("SyntaxError", no error of jose's own with a code that a caller knows); with the empty list its key set has
# no such key. joserfc takes the first and refuses the second. Guessed: all take both. Seen, by what the key says more:
#> {}: PyJWT accepts, joserfc accepts, jose accepts
#> {"key_ops":[]}: PyJWT accepts, joserfc UnsupportedKeyOperationError, jose ERR_JWKS_NO_MATCHING_KEY
#> {"key_ops":["sign","verify"]}: PyJWT accepts, joserfc accepts, jose SyntaxError
set -euo pipefail
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . jose@6.2.18 jwks-rsa@4.0.1
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install PyJWT==2.15.1 joserfc==1.8.0 cryptography

cat >run.py <<'P'
import json
import sys
import jwt
from joserfc import jwt as jose
from joserfc.jwk import KeySet
keys, token = json.loads(sys.argv[1]), sys.argv[2]
def pyjwt():
    jwt.decode(token, jwt.PyJWKSet.from_dict(keys)['one'], algorithms=['ES256'])
def joserfc():
    jose.decode(token, KeySet.import_key_set(keys))
for name, check in (('PyJWT', pyjwt), ('joserfc', joserfc)):
    try:
        check()
        print(name, 'accepts', end=', ')
    except Exception as error:
        print(name, type(error).__name__, end=', ')
P
cat >run.mjs <<'P'
import { execFileSync } from 'node:child_process';
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose';

const { publicKey, privateKey } = await generateKeyPair('ES256');
const key = { ...(await exportJWK(publicKey)), kid: 'one' };
const token = await new SignJWT({ sub: 'ann' }).setProtectedHeader({ alg: 'ES256', kid: 'one' }).sign(privateKey);
for (const more of [{}, { key_ops: [] }, { key_ops: ['sign', 'verify'] }]) {
  const keys = { keys: [{ ...key, ...more }] };
  const said = await jwtVerify(token, createLocalJWKSet(keys)).then(() => 'accepts', (error) => typeof error.code === 'string' ? error.code : error.name);
  const python = execFileSync('py/bin/python', ['run.py', JSON.stringify(keys), token], { encoding: 'utf8' });
  console.log(`${JSON.stringify(more)}: ${python}jose ${said}`);
}
P
node run.mjs | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
