#!/usr/bin/env bash
# Go SherClockHolmes/webpush-go 1.4.0 beside npm web-push 3.6.7: who the sender is, and how much is sent.
# The sender's address, `sub` of the token, is a mailto: or https: one (RFC 8292); npm wants it whole. webpush-go puts
# "mailto:" before all that is not https:, so the same setting becomes mailto:mailto:…, which is nobody's address, and a
# service that checks it refuses the token. And each message is filled up to 4,096 bytes unless RecordSize is set, with two letters as
# with a thousand: to a million people 4 GB. In Go, leave "mailto:" out of the setting.
# Seen: library, setting, the token's `sub`, bytes of the body for a message of 6 bytes.
#> web-push mailto:push@shop.example mailto:push@shop.example 109
#> webpush-go mailto:push@shop.example mailto:mailto:push@shop.example 4096
#> webpush-go push@shop.example mailto:push@shop.example 4096
set -euo pipefail
dir=$(mktemp -d) && trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . web-push@3.6.7

cat >run.mjs <<'E'
import { createECDH } from 'node:crypto';
import webpush from 'web-push';

const browser = createECDH('prime256v1');
const keys = { p256dh: browser.generateKeys('base64url'), auth: 'AAAAAAAAAAAAAAAAAAAAAA' };
const subject = 'mailto:push@shop.example';
const vapidDetails = { subject, ...webpush.generateVAPIDKeys() };
const { headers, body } = webpush.generateRequestDetails({ endpoint: 'https://push.example/1', keys }, '안녕', { vapidDetails });
const claims = JSON.parse(Buffer.from(headers.Authorization.split('.')[1], 'base64url'));
console.log('web-push', subject, claims.sub, body.length);
E
cat >main.go <<'E'
package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	webpush "github.com/SherClockHolmes/webpush-go"
)

type shown struct{ subject string }

func (one shown) Do(request *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(request.Body)
	text, _ := base64.RawURLEncoding.DecodeString(strings.Split(request.Header.Get("Authorization"), ".")[1])
	var claims struct{ Sub string }
	if err := json.Unmarshal(text, &claims); err != nil {
		panic(err)
	}
	fmt.Println("webpush-go", one.subject, claims.Sub, len(body))
	return &http.Response{StatusCode: 201, Body: http.NoBody}, nil
}

func main() {
	private, public, err := webpush.GenerateVAPIDKeys()
	if err != nil {
		panic(err)
	}
	browser := &webpush.Subscription{
		Endpoint: "https://push.example/1",
		Keys:     webpush.Keys{P256dh: public, Auth: "AAAAAAAAAAAAAAAAAAAAAA"},
	}
	for _, subject := range []string{"mailto:push@shop.example", "push@shop.example"} {
		options := &webpush.Options{HTTPClient: shown{subject}, Subscriber: subject, VAPIDPublicKey: public, VAPIDPrivateKey: private}
		if _, err := webpush.SendNotification([]byte("안녕"), browser, options); err != nil {
			panic(err)
		}
	}
}
E
export GOFLAGS=-mod=mod GOTOOLCHAIN=local
go mod init finding 2>go.log
go get github.com/SherClockHolmes/webpush-go@v1.4.0 2>>go.log
{ node run.mjs && go run .; } | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
