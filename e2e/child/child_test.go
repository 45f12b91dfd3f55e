package child

import (
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestTail(t *testing.T) {
	t.Parallel()
	var log Tail
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
	s := &Server{cmd: &exec.Cmd{Process: self}}
	before, err := s.CPU()
	if err != nil {
		t.Fatal(err)
	}
	var sum int
	for begin := time.Now(); time.Since(begin) < 200*time.Millisecond; sum++ {
	}
	after, err := s.CPU()
	if err != nil || after-before < 20*time.Millisecond || after-before > 20*time.Second {
		t.Errorf("200 ms of work (%d rounds) took %s of processor time, %v", sum, after-before, err)
	}
	now, err1 := s.Memory("VmRSS")
	peak, err2 := s.Memory("VmHWM")
	if err1 != nil || err2 != nil || now < 1<<20 || peak < now/2 {
		t.Errorf("resident %d, peak %d: %v, %v", now, peak, err1, err2)
	}
	if _, err := s.Memory("VmNothing"); err == nil {
		t.Error("a line that is not there was read")
	}
}
