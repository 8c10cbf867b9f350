#!/usr/bin/env bash
# Server-sent events in Go: r3labs/sse 2.10.0, tmaxmax/go-sse 0.12.0, launchdarkly/eventsource 1.11.0.
# A comment, ": ping", keeps a stream alive and is no event. Once an event with an id has come, r3labs/sse gives each
# comment to the handler as an event with no data and that id: the same order again, every 15 seconds. And an `id` without a value, which
# sets the last id back, is ignored, so a client asks for more from a place the server has withdrawn. launchdarkly gives an
# empty event for `retry` alone. Leave out events without data, and the ids you have seen.
# Seen: library, what comes of an event with id 1, a comment, an event with an empty id and one `retry`, as id:data.
#> r3labs/sse 1:order 1: 1:news 1:
#> tmaxmax/go-sse 1:order :news
#> launchdarkly 1:order :news :
set -euo pipefail
dir=$(mktemp -d) && trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT && self=$(realpath "$0") && cd "$dir"

cat >main.go <<'E'
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	launchdarkly "github.com/launchdarkly/eventsource"
	r3labs "github.com/r3labs/sse/v2"
	tmaxmax "github.com/tmaxmax/go-sse"
)

const stream = "id: 1\ndata: order\n\n: ping\n\nid:\ndata: news\n\nretry: 5000\n\n"

func main() {
	server := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		answer.Header().Set("Content-Type", "text/event-stream")
		answer.Write([]byte(stream))
	}))
	defer server.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	fmt.Print("r3labs/sse")
	if err := r3labs.NewClient(server.URL).SubscribeRawWithContext(ctx, func(event *r3labs.Event) {
		fmt.Printf(" %s:%s", event.ID, event.Data)
	}); err != nil {
		panic(err)
	}
	fmt.Print("\ntmaxmax/go-sse")
	for event, err := range tmaxmax.Read(strings.NewReader(stream), nil) {
		if err != nil {
			panic(err)
		}
		fmt.Printf(" %s:%s", event.LastEventID, event.Data)
	}
	fmt.Print("\nlaunchdarkly")
	for decoder := launchdarkly.NewDecoder(strings.NewReader(stream)); ; {
		event, err := decoder.Decode()
		if err == io.EOF {
			break
		} else if err != nil {
			panic(err)
		}
		fmt.Printf(" %s:%s", event.Id(), event.Data())
	}
	fmt.Println()
}
E
export GOFLAGS=-mod=mod GOTOOLCHAIN=local
go mod init finding 2>go.log
go get github.com/r3labs/sse/v2@v2.10.0 github.com/tmaxmax/go-sse@v0.12.0 github.com/launchdarkly/eventsource@v1.11.0 2>>go.log
go run . | tee seen
grep '^#> ' "$self" | cut -c4- | diff - seen
