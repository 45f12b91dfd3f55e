// Package grapnel builds, starts and drives the real binary for the tests of this
// module, as its users do: over HTTP and WebSocket, on the embedded stores and on
// servers that speak the wire protocols of MongoDB and S3.
package grapnel

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	// The binaries are built from it while tests run. To import it makes each of its
	// changes one of the tests', which go test would answer from its cache otherwise.
	_ "github.com/grapnel/grapnel/serve"
)

// Password is that of every account which this package makes.
const Password = "correct horse"

// Checkout is the absolute path of the repository. It must be asked for before
// [Services], which change the working directory.
var Checkout = sync.OnceValues(func() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(dir, "server.go")); missing == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("the tests do not run in a checkout")
		}
		dir = filepath.Dir(dir)
	}
	return "", err
})

// Binary is the path of a binary.
type Binary string

// Build makes the binary of the module in dir.
func Build(dir, to string) (Binary, error) {
	cmd := exec.Command("go", "build", "-o", to, ".")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", dir, err, out)
	}
	return Binary(to), nil
}

// Main runs the tests of a package, for TestMain, with binaries that it builds first, of
// the modules in these folders of the checkout.
func Main(m *testing.M, binaries map[*Binary]string) { os.Exit(run(m, binaries)) }

func run(m *testing.M, binaries map[*Binary]string) int {
	checkout, err := Checkout()
	if err != nil {
		return fail(err)
	}
	dir, err := os.MkdirTemp("", "grapnel-e2e-")
	if err != nil {
		return fail(err)
	}
	defer os.RemoveAll(dir)
	for b, module := range binaries {
		if *b, err = Build(filepath.Join(checkout, module), filepath.Join(dir, filepath.Base(filepath.Join("grapnel", module)))); err != nil {
			return fail(err)
		}
	}
	return m.Run()
}

func fail(err error) (code int) {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// environ is what a binary gets to see of ours. Its stores have all the time that a slow
// machine may need; siege bounds it.
func environ(t testing.TB, env []string) []string {
	return append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "GRAPNEL_ADDR=127.0.0.1:0", "GRAPNEL_READ_TIME=1m"}, env...)
}

// Command runs another command of the binary, which must succeed, and returns
// what it writes.
func (b Binary) Command(t testing.TB, env []string, stdin string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, string(b), args...)
	cmd.Env = environ(t, env)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return string(out)
}

// Process is a binary that runs.
type Process struct {
	binary Binary
	env    []string
	cmd    *exec.Cmd

	// URL is where it says that it serves: its own address or the public one.
	URL string
	// Log is what it writes to stderr.
	Log *Log
	// Ended is closed when the process has ended; then Exit tells how.
	Ended chan struct{}
	Exit  error
}

// Server is a process as one client sees it. It is killed when its test ends.
type Server struct {
	*Process
	t      testing.TB
	client *http.Client
}

// Start runs the binary on a free port and waits until it says where.
func (b Binary) Start(t testing.TB, env ...string) *Server {
	t.Helper()
	p := &Process{binary: b, env: env, cmd: exec.Command(string(b)), Log: &Log{}, Ended: make(chan struct{})}
	s := &Server{Process: p, t: t, client: http.DefaultClient}
	s.cmd.Env = environ(t, env)
	s.cmd.Stderr = s.Log
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Kill(); <-s.Ended })
	lines := bufio.NewScanner(stdout)
	for s.URL == "" && lines.Scan() {
		if m := regexp.MustCompile(`GraphQL\s+(https?://\S+)/graphql`).FindStringSubmatch(lines.Text()); m != nil {
			s.URL = m[1]
		}
	}
	go func() {
		_, _ = io.Copy(io.Discard, stdout)
		s.Exit = s.cmd.Wait()
		close(s.Ended)
	}()
	if s.URL == "" {
		<-s.Ended
		t.Fatalf("the binary did not start: %s", s.Log)
	}
	return s
}

// Kill ends the process at once.
func (s *Server) Kill() { _ = s.cmd.Process.Kill() }

// Terminate asks the process to end, as a platform does.
func (s *Server) Terminate() { _ = s.cmd.Process.Signal(syscall.SIGTERM) }

// Stop asks the process to end and expects a clean exit.
func (s *Server) Stop() {
	s.t.Helper()
	s.Terminate()
	select {
	case <-s.Ended:
		if s.Exit != nil {
			s.t.Errorf("exit after SIGTERM: %v\n%s", s.Exit, s.Log)
		}
	case <-time.After(20 * time.Second):
		s.t.Errorf("no exit after SIGTERM")
	}
}

// Peak is the largest resident memory that the process had, in bytes (Linux).
func (s *Server) Peak() int64 {
	s.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	var kib int64
	if m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status); m == nil {
		s.t.Fatalf("no VmHWM in\n%s", status)
	} else if _, err := fmt.Sscan(string(m[1]), &kib); err != nil {
		s.t.Fatal(err)
	}
	return kib << 10
}

// Admin makes an administrator by the command, beside the running server, and
// signs in.
func (s *Server) Admin() (token string) {
	s.t.Helper()
	const email = "root@example.org"
	s.binary.Command(s.t, s.env, Password+"\n", "admin", "create", "--email", email)
	return s.SignIn(email, Password)
}

// Log is a text that one goroutine writes and others read.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
