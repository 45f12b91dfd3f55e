package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   []float64
		want float64
	}{{[]float64{7}, 7}, {[]float64{3, 1, 2}, 2}, {[]float64{4, 1, 3, 2}, 3}} {
		if got := median(c.in); got != c.want {
			t.Errorf("median of %v is %v, want %v", c.in, got, c.want)
		}
	}
}

func TestTail(t *testing.T) {
	t.Parallel()
	var log tail
	for range 10_000 {
		io.WriteString(&log, "one line\n")
	}
	io.WriteString(&log, "the last line")
	if s := log.String(); len(s) != tailSize || !strings.HasSuffix(s, "one line\nthe last line") || cap(log.data) > 16*tailSize {
		t.Errorf("the end of the log has %d bytes, kept in %d: …%s", len(s), cap(log.data), s[len(s)-40:])
	}
}

func TestProcessorTimeAndMemory(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("needs /proc")
	}
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	s := &server{cmd: &exec.Cmd{Process: self}}
	before, err := s.cpu()
	if err != nil {
		t.Fatal(err)
	}
	var sum int
	for begin := time.Now(); time.Since(begin) < 200*time.Millisecond; sum++ {
	}
	after, err := s.cpu()
	if err != nil || after-before < 20*time.Millisecond || after-before > 20*time.Second {
		t.Errorf("200 ms of work (%d rounds) took %s of processor time, %v", sum, after-before, err)
	}
	now, err1 := s.memory("VmRSS")
	peak, err2 := s.memory("VmHWM")
	if err1 != nil || err2 != nil || now < 1<<20 || peak < now/2 {
		t.Errorf("resident %d, peak %d: %v, %v", now, peak, err1, err2)
	}
	if _, err := s.memory("VmNothing"); err == nil {
		t.Error("a line that is not there was read")
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	var asked, fail atomic.Int64
	fail.Store(1 << 40)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if n := asked.Add(1); n > fail.Load() || !bytes.Equal(body, []byte(`{"query":"{ __typename }","variables":null}`)) {
			io.WriteString(w, `{"errors":[{"message":"no"}],"data":null}`)
			return
		}
		io.WriteString(w, `{"data":{"__typename":"Query"}}`)
	}))
	defer srv.Close()
	c := newClient(&server{url: srv.URL}, 3)
	defer c.close()
	body := func(int) []byte { return operation(`{ __typename }`, nil) }
	typical, all, err := c.load(t.Context(), 100, 3, body)
	if err != nil || asked.Load() != 100 || typical <= 0 || all < typical {
		t.Errorf("%d requests, %s and %s, %v", asked.Load(), typical, all, err)
	}
	fail.Store(150)
	if _, _, err := c.load(t.Context(), 100, 3, body); err == nil {
		t.Error("an answer with errors was counted")
	}
}

func TestFilmIsRepeatable(t *testing.T) {
	t.Parallel()
	const n = 3<<20 + 17
	a, err := io.ReadAll(film(n))
	if err != nil || len(a) != n {
		t.Fatalf("%d bytes, %v", len(a), err)
	}
	b, _ := io.ReadAll(film(n))
	if !bytes.Equal(a, b) || string(a[4:12]) != "ftypmp42" {
		t.Error("two films differ, or begin wrongly")
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	b := &bench{progress: io.Discard}
	b.judge("a", "work", "1.5 ×", true, "%.2f ×", 1.234)
	b.judge("b", "more work", "1.8 ×", false, "%.2f ×", 2.0)
	b.note("said of %d rows", 2)
	var out strings.Builder
	if err := b.print(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"a   | work      | 1.23 × | 1.5 × | pass", "b   | more work | 2.00 × | 1.8 × | MISS", "- said of 2 rows"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

func TestFlagsAreChecked(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-rows", "a,z"}, {"-rounds", "0"}, {"-creates", "3"}, {"-unknown"}, {childPrefix + "nothing"}} {
		if err := run(t.Context(), args); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
}
