package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/sync/errgroup"

	"github.com/grapnel/grapnel/e2e/child"
)

// attack is what a load generator does, all at once.
type attack struct {
	URL        string
	Sockets    int // open and idle
	Subscribed int // of them
	Uploads    int // at a time
	Rate       int // bytes a second of each upload
	Floods     int // connections with refused documents
	Reads      int // connections with documents for which the store looks through much
	SignIns    int // connections with wrong passwords
	Tokens     []string
	Emails     []string
}

// tally is what came of it.
type tally struct {
	CPU     time.Duration
	Sockets int // still open at the end
	Uploads int64
	Bytes   int64
	Codes   map[string]int // answers to refused documents and wrong passwords
}

// loader is a load generator: a process of its own, with the lowest priority, for
// it shares the processors with the server.
type loader struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	lines *bufio.Reader
}

// startLoad starts one and waits until its sockets are open.
func startLoad(ctx context.Context, a attack) (*loader, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	l := &loader{cmd: exec.CommandContext(ctx, "nice", "-n", "19", self, child.Prefix+"load", "-attack", string(text))}
	l.cmd.Env = append(os.Environ(), "GOMAXPROCS=1", "GOGC=400")
	l.cmd.Stderr = os.Stderr
	if l.stdin, err = l.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := l.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := l.cmd.Start(); err != nil {
		return nil, err
	}
	l.lines = bufio.NewReader(stdout)
	if line, err := l.lines.ReadString('\n'); line != "ready\n" {
		return nil, fmt.Errorf("the load generator did not start: %q %w", line, errors.Join(err, l.cmd.Wait()))
	}
	return l, nil
}

// stop ends it and returns what came of it.
func (l *loader) stop() (t tally, err error) {
	_ = l.stdin.Close()
	text, err := io.ReadAll(l.lines)
	if err := errors.Join(err, l.cmd.Wait()); err != nil {
		return t, err
	}
	return t, json.Unmarshal(text, &t)
}

// runLoad is the process: it attacks until its input ends.
func runLoad(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	text := flags.String("attack", "", "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var a attack
	if err := json.Unmarshal([]byte(*text), &a); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := &work{attack: a, host: strings.TrimPrefix(a.URL, "http://"), codes: map[string]int{}}
	if err := w.openSockets(ctx); err != nil {
		return err
	}
	for i := range a.Uploads {
		w.wait.Go(func() { w.upload(ctx, i) })
	}
	for i := range a.Floods {
		w.wait.Go(func() { w.flood(ctx, fmt.Sprintf("127.0.0.%d", i+3), i, floodDocuments()) })
	}
	for i := range a.Reads {
		w.wait.Go(func() { w.flood(ctx, fmt.Sprintf("127.0.6.%d", i+1), i, readDocuments()) })
	}
	for i := range a.SignIns {
		w.wait.Go(func() { w.signIn(ctx, i) })
	}
	fmt.Println("ready")
	_, _ = io.Copy(io.Discard, os.Stdin)
	cancel()
	w.wait.Wait()
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return json.NewEncoder(os.Stdout).Encode(tally{
		CPU:     time.Duration(usage.Utime.Nano() + usage.Stime.Nano()),
		Sockets: int(w.open.Load()), Uploads: w.uploads.Load(), Bytes: w.bytes.Load(), Codes: w.codes,
	})
}

// work is a running attack.
type work struct {
	attack
	host  string
	wait  sync.WaitGroup
	open  atomic.Int64
	next  atomic.Int64 // of addresses and accounts
	codes map[string]int
	mu    sync.Mutex // guards codes

	uploads, bytes atomic.Int64
}

func (w *work) count(code string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.codes[code]++
}

// openSockets opens the sockets, a quarter of them from each of four addresses.
func (w *work) openSockets(ctx context.Context) error {
	group, dialing := errgroup.WithContext(ctx)
	group.SetLimit(16)
	for i := range w.Sockets {
		group.Go(func() error {
			conn, err := dial(dialing, newClient(fmt.Sprintf("127.0.4.%d", i%4+1), 0), w.URL, "")
			if err != nil {
				return fmt.Errorf("socket %d: %w", i, err)
			}
			if i < w.Subscribed {
				text := `{"id":"1","type":"subscribe","payload":{"query":"subscription{postChanged{id kind}}"}}`
				if err := conn.Write(dialing, websocket.MessageText, []byte(text)); err != nil {
					return err
				}
			}
			w.open.Add(1)
			w.wait.Go(func() {
				for {
					if _, _, err := conn.Read(ctx); err != nil { // it answers pings, too
						if ctx.Err() == nil {
							w.open.Add(-1)
						}
						_ = conn.CloseNow()
						return
					}
				}
			})
			return nil
		})
	}
	return group.Wait()
}

const uploadSize = 2 << 20

// upload sends one file after the other, none faster than at a rate.
func (w *work) upload(ctx context.Context, i int) {
	c := newClient(fmt.Sprintf("127.0.5.%d", i+1), 1)
	defer c.CloseIdleConnections()
	c.Timeout = 0
	const query = "mutation($file:Upload!){uploadAsset(input:{file:$file}){asset{id}}}"
	head := "--b\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n" + operation(query, map[string]any{"file": nil}) +
		"\r\n--b\r\nContent-Disposition: form-data; name=\"map\"\r\n\r\n{\"0\":[\"variables.file\"]}" +
		"\r\n--b\r\nContent-Disposition: form-data; name=\"0\"; filename=\"film.mp4\"\r\nContent-Type: video/mp4\r\n\r\n" +
		"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"
	block := bytes.Repeat([]byte(fmt.Sprintf("upload %d\x00\xff", i)), 4096)[:32<<10]
	for ctx.Err() == nil {
		r, pipe := io.Pipe()
		go func() {
			tick := time.NewTicker(time.Second * time.Duration(len(block)) / time.Duration(w.Rate))
			defer tick.Stop()
			_, err := io.WriteString(pipe, head)
			for n := 0; n < uploadSize && err == nil; n += len(block) {
				select {
				case <-ctx.Done():
					err = ctx.Err()
				case <-tick.C:
					_, err = pipe.Write(block)
					w.bytes.Add(int64(len(block)))
				}
			}
			if err == nil {
				_, err = io.WriteString(pipe, "\r\n--b--\r\n")
			}
			pipe.CloseWithError(err)
		}()
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL+"/graphql", r)
		if err != nil {
			return
		}
		req.Header.Set("Content-Type", "multipart/form-data; boundary=b")
		req.Header.Set("GraphQL-Require-Preflight", "1")
		req.Header.Set("Authorization", "Bearer "+w.Tokens[i%len(w.Tokens)])
		res, err := c.Do(req)
		if err != nil {
			_ = r.CloseWithError(err)
			w.rest(ctx, "upload failed")
			continue
		}
		text, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if bytes.Contains(text, []byte(`"errors"`)) {
			w.rest(ctx, "upload "+string(text))
			continue
		}
		w.uploads.Add(1)
	}
}

// rest keeps what fails at once from doing so without end.
func (w *work) rest(ctx context.Context, code string) {
	if ctx.Err() == nil {
		w.count(code)
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// raw is a connection on which encoded requests are sent, with as little work as
// can be: the generator must not take the processors from the server.
type raw struct {
	conn net.Conn
	r    *bufio.Reader
}

func (w *work) connect(ctx context.Context, from string) (*raw, func(), error) {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: 5 * time.Second}
	conn, err := d.DialContext(ctx, "tcp", w.host)
	if err != nil {
		return nil, nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	return &raw{conn, bufio.NewReader(conn)}, func() { stop(); _ = conn.Close() }, nil
}

// post is an encoded request.
func (w *work) post(body string) []byte {
	return fmt.Appendf(nil, "POST /graphql HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", w.host, len(body), body)
}

func (c *raw) do(request []byte) (code string, err error) {
	if _, err := c.conn.Write(request); err != nil {
		return "", err
	}
	res, err := http.ReadResponse(c.r, nil)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return codeOf(text), err
}

// flood sends documents from an address, as fast as they are answered. They are encoded
// once; only their marks change.
func (w *work) flood(ctx context.Context, from string, i int, documents []document) {
	type encoded struct {
		text []byte
		at   int // where its mark is
	}
	var requests []encoded
	for _, d := range documents {
		text := w.post(d.request(mark(0)).body)
		requests = append(requests, encoded{text, bytes.LastIndex(text, []byte(mark(0)))})
	}
	for n := i << 16; ctx.Err() == nil; {
		c, shut, err := w.connect(ctx, from)
		if err != nil {
			w.rest(ctx, "no connection")
			continue
		}
		for err == nil {
			n++
			r := requests[n%len(requests)]
			copy(r.text[r.at:], mark(n))
			var code string
			if code, err = c.do(r.text); err == nil {
				w.count(code)
			}
		}
		shut()
	}
}

// signIn tries passwords, of accounts that there are and of others, and takes a new
// address before the limits of the last one stop it.
func (w *work) signIn(ctx context.Context, _ int) {
	for ctx.Err() == nil {
		n := int(w.next.Add(1))
		c, shut, err := w.connect(ctx, fmt.Sprintf("127.%d.%d.%d", 100+(n>>16)%100, n>>8&255, n&255))
		if err != nil {
			w.rest(ctx, "no connection")
			continue
		}
		for try := 0; try < 5 && err == nil; try++ {
			email := fmt.Sprintf("nobody%d.%d@example.org", n, try)
			if try == 0 && len(w.Emails) > 0 {
				email = w.Emails[n%len(w.Emails)]
			}
			body := operation(`mutation($e:String!){signIn(input:{email:$e,password:"a wrong password"}){viewer{id}}}`, map[string]any{"e": email})
			var code string
			if code, err = c.do(w.post(body)); err == nil {
				w.count(code)
			}
		}
		shut()
	}
}

// sortedCodes lists a tally's answers, the most frequent first.
func (t tally) sortedCodes() string {
	var parts []string
	for code, n := range t.Codes {
		parts = append(parts, fmt.Sprintf("%d %s", n, code))
	}
	slices.SortFunc(parts, func(a, b string) int {
		var x, y int
		_, _ = fmt.Sscan(a, &x)
		_, _ = fmt.Sscan(b, &y)
		return y - x
	})
	return strings.Join(parts, ", ")
}
