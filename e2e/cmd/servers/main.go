// Command servers runs the stand-ins for MongoDB and S3 on free ports of the
// loopback interface.
//
//	servers [-dir DIR] [-mongodb RELEASE] [-s3 PROGRAM] -- COMMAND [ARG...]
//
// runs a command in DIR with the variables that name the servers and with
// GRAPNEL_TEST_REQUIRE=1, stops the servers after it, and exits with its code:
// from the folder of this module,
//
//	go run ./cmd/servers -dir .. -- go test ./storage/...
//
// runs the adapters' own tests. Without a command it prints the variables as
// lines for a shell and serves until it is interrupted. The data is thrown away
// at the end.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/grapnel/grapnel/e2e/mongod"
	"github.com/grapnel/grapnel/e2e/s3server"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		os.Exit(max(exit.ExitCode(), 1)) // -1 when a signal ended it
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "servers:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) (err error) {
	flags := flag.NewFlagSet("servers", flag.ContinueOnError)
	flags.SetOutput(stderr)
	dir := flags.String("dir", ".", "the folder in which the command runs")
	release := flags.Int("mongodb", int(mongod.Newest), "the release of MongoDB whose ways to follow: 6, 7 or 8")
	program := flags.String("s3", "", fmt.Sprintf("an S3 server that is installed, one of %q; the stand-in otherwise", s3server.Programs))
	if err := flags.Parse(args); err != nil {
		return err
	}
	// The S3 server changes the working directory.
	if *dir, err = filepath.Abs(*dir); err != nil {
		return err
	}
	env, closeAll, err := start(ctx, mongod.Release(*release), *program)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeAll()) }()

	if flags.NArg() == 0 {
		for _, v := range env {
			name, value, _ := strings.Cut(v, "=")
			fmt.Fprintf(stdout, "export %s='%s'\n", name, value)
		}
		<-ctx.Done()
		return nil
	}
	cmd := exec.CommandContext(ctx, flags.Arg(0), flags.Args()[1:]...)
	cmd.Dir = *dir
	cmd.Env = append(append(os.Environ(), env...), "PWD="+*dir, "GRAPNEL_TEST_REQUIRE=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, stdout, stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	return cmd.Run()
}

// start runs the servers; closeAll ends them and removes their data.
func start(ctx context.Context, release mongod.Release, program string) (env []string, closeAll func() error, err error) {
	var closers []func() error
	closeAll = func() (err error) {
		for i := len(closers) - 1; i >= 0; i-- {
			err = errors.Join(err, closers[i]())
		}
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, closeAll())
		}
	}()
	data, err := os.MkdirTemp("", "grapnel-servers-")
	if err != nil {
		return nil, nil, err
	}
	closers = append(closers, func() error { return os.RemoveAll(data) })
	mongo, err := mongod.Start(release)
	if err != nil {
		return nil, nil, fmt.Errorf("mongod: %w", err)
	}
	closers = append(closers, mongo.Close)
	objects, err := startS3(ctx, program, filepath.Join(data, "s3"))
	if err != nil {
		return nil, nil, err
	}
	closers = append(closers, objects.Close)
	return append(mongo.Environ(), objects.Environ()...), closeAll, nil
}

func startS3(ctx context.Context, program, dir string) (*s3server.Server, error) {
	if program == "" {
		return s3server.Start(ctx, dir)
	}
	return s3server.StartProgram(ctx, program, dir)
}
