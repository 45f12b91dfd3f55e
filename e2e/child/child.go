// Package child builds and runs the servers that the measuring commands look at:
// processes of their own, whose processor time and memory are read from /proc.
package child

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

// Build compiles a program into a folder as the image does: a package of this module or
// of the product's, or the product in the folder of another checkout.
func Build(ctx context.Context, dir, name, pkg string) (string, error) {
	out := filepath.Join(dir, name)
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", out, pkg)
	if filepath.IsAbs(pkg) {
		cmd.Dir = pkg
		cmd.Args[len(cmd.Args)-1] = "."
	} else if pkg == "github.com/grapnel/grapnel" {
		// By its own go.mod, not by that of this module.
		root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", pkg).Output()
		if err != nil {
			return "", fmt.Errorf("find the product; the command runs in the folder e2e: %w", err)
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

// Server is a child process that answers HTTP.
type Server struct {
	URL     string
	Started time.Time
	Said    string // what it printed until it said where it is
	cmd     *exec.Cmd
	log     Tail
	ended   chan error
}

// address is how each server says where it is.
var address = regexp.MustCompile(`GraphQL\s+(http://\S+)/graphql`)

// Start runs a server and waits until it says where it is.
func Start(ctx context.Context, env []string, name string, args ...string) (*Server, error) {
	s := &Server{cmd: exec.CommandContext(ctx, name, args...), ended: make(chan error, 1)}
	s.cmd.Env = append(os.Environ(), env...)
	s.cmd.Cancel = func() error { return s.cmd.Process.Signal(syscall.SIGTERM) }
	s.cmd.WaitDelay = 20 * time.Second
	s.cmd.Stderr = &s.log
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.Started = time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewReader(stdout)
	for s.URL == "" {
		line, err := lines.ReadString('\n')
		s.Said += line
		if m := address.FindStringSubmatch(line); m != nil {
			s.URL = m[1]
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

// Prefix begins the first argument of a program that runs itself as a process of its
// own; what follows says as which.
const Prefix = "child:"

// Self runs this program as a server, which its first argument, with [Prefix], stands
// for: the product with something to look at, which its binary lacks.
func Self(ctx context.Context, env []string, args ...string) (*Server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return Start(ctx, env, self, args...)
}

// Stop ends a server as a platform does.
func (s *Server) Stop() error {
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

// Stop ends servers, for a defer, and adds what goes wrong to the error of the
// function.
func Stop(err *error, servers ...*Server) {
	for _, s := range servers {
		*err = errors.Join(*err, s.Stop())
	}
}

// PID is the id of the process.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// ticks is how many parts of a second /proc counts in; the same on every Linux
// that Go runs on.
const ticks = 100

// CPU is the processor time that the server has used, in all of its threads.
func (s *Server) CPU() (time.Duration, error) {
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

// Memory is a line of /proc/PID/status in bytes: VmRSS is what is resident now,
// VmHWM the most that ever was.
func (s *Server) Memory(name string) (int64, error) {
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

// ResetPeak makes VmHWM begin anew at what is resident now.
func (s *Server) ResetPeak() error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", s.cmd.Process.Pid), []byte("5"), 0)
}

// Tail keeps the end of what is written to it. It is read after the process
// has ended.
type Tail struct{ data []byte }

const tailSize = 4 << 10

func (t *Tail) Write(p []byte) (int, error) {
	t.data = append(t.data, p...)
	if len(t.data) > 4*tailSize {
		t.data = append(t.data[:0], t.data[len(t.data)-tailSize:]...)
	}
	return len(p), nil
}

func (t *Tail) String() string { return string(t.data[max(0, len(t.data)-tailSize):]) }
