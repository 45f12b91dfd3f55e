package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// build compiles a program as the image does.
func (b *bench) build(ctx context.Context, name, pkg string) (string, error) {
	out := filepath.Join(b.dir, name)
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", out, pkg)
	if pkg == "github.com/grapnel/grapnel" {
		// By its own go.mod, not by that of this module.
		root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", pkg).Output()
		if err != nil {
			return "", fmt.Errorf("find the product; the benchmark runs in the folder e2e: %w", err)
		}
		cmd.Dir = strings.TrimSpace(string(root))
		cmd.Args[len(cmd.Args)-1] = "."
	}
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", name, err, text)
	}
	return out, nil
}

// server is a child process that answers HTTP.
type server struct {
	cmd     *exec.Cmd
	url     string
	started time.Time
	log     tail
	ended   chan error
}

// address is how each server says where it is.
var address = regexp.MustCompile(`GraphQL\s+(http://\S+)/graphql`)

// start runs a server and waits until it says where it is.
func start(ctx context.Context, env []string, name string, args ...string) (*server, error) {
	s := &server{cmd: exec.CommandContext(ctx, name, args...), ended: make(chan error, 1)}
	s.cmd.Env = append(os.Environ(), env...)
	s.cmd.Cancel = func() error { return s.cmd.Process.Signal(syscall.SIGTERM) }
	s.cmd.WaitDelay = 20 * time.Second
	s.cmd.Stderr = &s.log
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.started = time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewReader(stdout)
	for s.url == "" {
		line, err := lines.ReadString('\n')
		if m := address.FindStringSubmatch(line); m != nil {
			s.url = m[1]
		} else if err != nil {
			return nil, fmt.Errorf("%s did not start: %w\n%s", filepath.Base(name), errors.Join(err, s.cmd.Wait()), s.log.String())
		}
	}
	go func() {
		_, _ = io.Copy(io.Discard, lines)
		s.ended <- s.cmd.Wait()
	}()
	return s, nil
}

// startProduct runs the product on a data folder.
func (b *bench) startProduct(ctx context.Context, data string, env ...string) (*server, error) {
	return start(ctx, append(productEnv(data), env...), b.product)
}

// productEnv are the settings of the product: those of a deployment, for loads of clients.
func productEnv(data string) []string {
	return []string{"GRAPNEL_ADDR=127.0.0.1:0", "GRAPNEL_PRODUCTION=true", "GRAPNEL_DATA=" + data,
		"GRAPNEL_USER_COST=100000000", "GRAPNEL_ADDRESS_COST=100000000", // metered, but never refused
		"MONGODB_URI=", "S3_BUCKET=", "S3_ENDPOINT="}
}

// stop ends a server as a platform does.
func (s *server) stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	err := <-s.ended
	s.ended <- nil // a second stop does no harm
	if err != nil {
		return fmt.Errorf("%w\n%s", err, s.log.String())
	}
	return nil
}

// stop ends servers, for a defer, and adds what goes wrong to the error of the
// function.
func stop(err *error, servers ...*server) {
	for _, s := range servers {
		*err = errors.Join(*err, s.stop())
	}
}

// ticks is how many parts of a second /proc counts in; the same on every Linux
// that Go runs on.
const ticks = 100

// cpu is the processor time that the server has used, in all of its threads.
func (s *server) cpu() (time.Duration, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	// The second field is the name in parentheses; utime and stime are 14 and 15.
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * time.Second / ticks, errors.Join(err1, err2)
}

// memory is a line of /proc/PID/status in bytes: VmRSS is what is resident now,
// VmHWM the most that ever was.
func (s *server) memory(name string) (int64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("no %s of process %d", name, s.cmd.Process.Pid)
}

// resetPeak makes VmHWM begin anew at what is resident now.
func (s *server) resetPeak() error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", s.cmd.Process.Pid), []byte("5"), 0)
}

// tail keeps the end of what is written to it. It is read after the process
// has ended.
type tail struct{ data []byte }

const tailSize = 4 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.data = append(t.data, p...)
	if len(t.data) > 4*tailSize {
		t.data = append(t.data[:0], t.data[len(t.data)-tailSize:]...)
	}
	return len(p), nil
}

func (t *tail) String() string { return string(t.data[max(0, len(t.data)-tailSize):]) }
