#!/usr/bin/env bash
# Go 1.26, net/http.
#
# Expected: a read of a request's body that passes the deadline of http.ResponseController fails
#   with os.ErrDeadlineExceeded, and the request goes on: its client is there and gets an answer.
#   The documentation names three ends of a request's context: the client's connection closes,
#   the request is cancelled (HTTP/2), ServeHTTP returns.
# Found: the context is cancelled as well, with context.Canceled, as when the client had left;
#   the answer arrives all the same.
# Why it matters: who stops work for clients that left stops it for a slow one, too, and which
#   of the two a handler notices first is a race: a client that should read 408 may read that
#   it went away.
# Seen on 29 November 2026. Needs Go 1.26. Exits 1 if it has changed.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
go version
cat >go.mod <<'MOD'
module finding

go 1.26
MOD
cat >main.go <<'GO'
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	var read, context error
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		check(http.NewResponseController(w).SetReadDeadline(time.Now().Add(100 * time.Millisecond)))
		_, read = io.ReadAll(r.Body)
		select {
		case <-r.Context().Done():
		case <-time.After(5 * time.Second):
		}
		context = r.Context().Err()
		w.WriteHeader(http.StatusRequestTimeout)
	}))
	client, err := net.Dial("tcp", listener.Addr().String())
	check(err)
	check(client.SetDeadline(time.Now().Add(20 * time.Second)))
	fmt.Fprint(client, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhello")
	answer, err := http.ReadResponse(bufio.NewReader(client), nil)
	check(err)
	fmt.Printf("read: %v\ncontext of the request: %v\nanswer: %s\n", read, context, answer.Status)
	if !errors.Is(read, os.ErrDeadlineExceeded) || context == nil || answer.StatusCode != http.StatusRequestTimeout {
		os.Exit(1)
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
GO
go run .
