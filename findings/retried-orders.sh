#!/usr/bin/env bash
# Clients that try again, and an order sent by POST that the server took: answered with 503, or the connection cut before the
# answer. Go hashicorp/go-retryablehttp 0.7.8, go-resty 2.17.2, gojek/heimdall 7.0.3; npm fetch-retry 6.0.0, @vercel/fetch-retry
# 5.1.3, @adobe/node-fetch-retry 2.2.0, make-fetch-happen 15.0.6; PyPI aiohttp-retry 2.9.1, httpx-retries 0.6.0.
# HTTP lets only idempotent methods be repeated unasked (RFC 9110, 9.2.2), so one guesses that a POST is left alone, as by the
# last of npm and of PyPI. The others send it again, some up to five times, and only the server can tell that it is one order.
# Send a key with each order (Idempotency-Key), or try again for GET only.
# Seen: client, after a 503, after a cut: whether the order came once or again.
#> go-retryablehttp 503 again cut again
#> resty 503 once cut again
#> heimdall 503 again cut again
#> fetch-retry 503 once cut again
#> @vercel/fetch-retry 503 again cut again
#> @adobe/node-fetch-retry 503 again cut again
#> make-fetch-happen 503 once cut once
#> aiohttp-retry 503 again cut once
#> httpx-retries 503 once cut once
set -euo pipefail
dir=$(mktemp -d) && trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"
npm install --silent --no-audit --no-fund --prefix . fetch-retry@6.0.0 @vercel/fetch-retry@5.1.3 @adobe/node-fetch-retry@2.2.0 \
  make-fetch-happen@15.0.6
python3 -m venv py && py/bin/pip -q --disable-pip-version-check install aiohttp-retry==2.9.1 httpx-retries==0.6.0 httpx==0.28.1

cat >run.mjs <<'E'
import adobe from '@adobe/node-fetch-retry';
import vercel from '@vercel/fetch-retry';
import fetchRetry from 'fetch-retry';
import happen from 'make-fetch-happen';

const base = process.argv[2];
const order = { method: 'POST', body: '{"order":1}', headers: { 'content-type': 'application/json' } };
const clients = {
  'fetch-retry': (url) => fetchRetry(fetch, { retries: 2, retryDelay: 100 })(url, order),
  '@vercel/fetch-retry': (url) => vercel(fetch)(url, { ...order, retry: { retries: 2, minTimeout: 100 } }),
  '@adobe/node-fetch-retry': (url) => adobe(url, { ...order, retryOptions: { retryMaxDuration: 1000, retryInitialDelay: 100 } }),
  'make-fetch-happen': (url) => happen(url, { ...order, retry: { retries: 2, minTimeout: 100 } }),
};
console.error = console.warn = () => {};
for (const [name, post] of Object.entries(clients))
  for (const end of ['503', 'cut']) await post(`${base}/${encodeURIComponent(name)}/${end}`).catch(() => {});
E
cat >run.py <<'E'
import asyncio, sys
import aiohttp, httpx
from aiohttp_retry import ExponentialRetry, RetryClient
from httpx_retries import Retry, RetryTransport
async def main():
    for end in ('503', 'cut'):
        async with RetryClient(retry_options=ExponentialRetry(attempts=3, start_timeout=0.1)) as client:
            try:
                await client.post(f'{sys.argv[1]}/aiohttp-retry/{end}', json={'order': 1})
            except aiohttp.ClientError:
                pass
        async with httpx.AsyncClient(transport=RetryTransport(retry=Retry(total=2, backoff_factor=0.1))) as client:
            try:
                await client.post(f'{sys.argv[1]}/httpx-retries/{end}', json={'order': 1})
            except httpx.HTTPError:
                pass
asyncio.run(main())
E
cat >main.go <<'E'
package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/go-resty/resty/v2"
	"github.com/gojek/heimdall/v7"
	"github.com/gojek/heimdall/v7/httpclient"
	"github.com/hashicorp/go-retryablehttp"
)

type quiet struct{}

func (quiet) Errorf(string, ...any) {}
func (quiet) Warnf(string, ...any)  {}
func (quiet) Debugf(string, ...any) {}

func main() {
	var lock sync.Mutex
	taken := map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		lock.Lock()
		taken[request.URL.Path]++
		lock.Unlock()
		if strings.HasSuffix(request.URL.Path, "/cut") {
			panic(http.ErrAbortHandler)
		}
		answer.WriteHeader(503)
	}))
	defer server.Close()
	order, wait := []byte(`{"order":1}`), 100*time.Millisecond
	for _, end := range []string{"503", "cut"} {
		client := retryablehttp.NewClient()
		client.Logger, client.RetryMax, client.RetryWaitMin = nil, 2, wait
		client.Post(server.URL+"/go-retryablehttp/"+end, "application/json", order)
		resty.New().SetLogger(quiet{}).SetRetryCount(2).SetRetryWaitTime(wait).R().SetBody(order).Post(server.URL + "/resty/" + end)
		again := heimdall.NewRetrier(heimdall.NewConstantBackoff(wait, 0))
		httpclient.NewClient(httpclient.WithRetryCount(2), httpclient.WithRetrier(again)).
			Post(server.URL+"/heimdall/"+end, bytes.NewReader(order), http.Header{})
	}
	for _, command := range [][]string{{"node", "--no-deprecation", "run.mjs"}, {"py/bin/python", "run.py"}} {
		if said, err := exec.Command(command[0], append(command[1:], server.URL)...).CombinedOutput(); err != nil {
			fmt.Fprintln(os.Stderr, string(said))
			panic(err)
		}
	}
	for _, name := range []string{"go-retryablehttp", "resty", "heimdall", "fetch-retry", "@vercel/fetch-retry", "@adobe/node-fetch-retry",
		"make-fetch-happen", "aiohttp-retry", "httpx-retries"} {
		often := func(end string) string {
			if taken["/"+name+"/"+end] > 1 {
				return "again"
			}
			return "once"
		}
		fmt.Println(name, "503", often("503"), "cut", often("cut"))
	}
}
E
export GOFLAGS=-mod=mod GOTOOLCHAIN=local
go mod init finding 2>go.log
go get github.com/hashicorp/go-retryablehttp@v0.7.8 github.com/go-resty/resty/v2@v2.17.2 github.com/gojek/heimdall/v7@v7.0.3 2>>go.log
go run . | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
