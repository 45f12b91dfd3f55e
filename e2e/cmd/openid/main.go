// Command openid runs an OpenID provider on a free port of the loopback interface until it is
// interrupted, for tests that are no Go programs. It prints its issuer; see package openid for
// who is known there.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/grapnel/grapnel/e2e/openid"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "openid:", err)
		os.Exit(1)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	p, err := openid.Start()
	if err != nil {
		return err
	}
	fmt.Println(p.Issuer)
	<-ctx.Done()
	return p.Close()
}
