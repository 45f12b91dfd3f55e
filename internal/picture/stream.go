package picture

import (
	"hash"
	"io"
	"math"
)

// window is how much of a file is at hand at a time, where nothing asks for more.
const window = 64 << 10

// stream is a file that passes: bytes are read into buf, may be changed there while
// they are at hand, and are handed on when more are asked for.
type stream struct {
	src   io.Reader
	yield func([]byte) bool
	buf   []byte // buf[:pos] is looked at and not handed on
	pos   int
	off   int64 // of buf[0] in the file
	err   error // of src, which stays
	left  bool  // nobody wants more
	// sum, when there is one, takes in what goes through each.
	sum hash.Hash32
}

// at is where the stream stands in the file.
func (s *stream) at() int64 { return s.off + int64(s.pos) }

// need brings n more bytes to hand, at most maxBlock, if there are as many.
func (s *stream) need(n int) bool {
	if len(s.buf)-s.pos >= n {
		return true
	}
	if n < 0 || n > maxBlock+window || s.left {
		return false
	}
	if s.pos > 0 {
		if !s.yield(s.buf[:s.pos]) {
			s.left = true
			return false
		}
		s.off += int64(s.pos)
		s.buf = s.buf[:copy(s.buf, s.buf[s.pos:])]
		s.pos = 0
	}
	if n > cap(s.buf) {
		s.buf = append(make([]byte, 0, n), s.buf...)
	}
	for empty := 0; len(s.buf) < n && s.err == nil; {
		var read int
		read, s.err = s.src.Read(s.buf[len(s.buf):cap(s.buf)])
		s.buf = s.buf[:len(s.buf)+read]
		if empty++; read > 0 {
			empty = 0
		} else if empty > 100 && s.err == nil {
			s.err = io.ErrNoProgress
		}
	}
	return len(s.buf) >= n
}

// peek is the next n bytes; nil when there are not as many.
func (s *stream) peek(n int) []byte {
	if !s.need(n) {
		return nil
	}
	return s.buf[s.pos : s.pos+n]
}

// take is peek, and goes on behind them. They may be changed until the next call.
func (s *stream) take(n int) []byte {
	b := s.peek(n)
	if b != nil {
		s.pos += n
	}
	return b
}

// each hands n bytes to look, in pieces that it may change; at the last one final is
// true. Look says how many it is done with, and sees the others again with more.
func (s *stream) each(n int64, look func(b []byte, final bool) int) bool {
	for want := 1; n > 0; {
		if !s.need(int(min(int64(want), n))) && len(s.buf) == s.pos {
			return false
		}
		b := s.buf[s.pos:]
		b = b[:min(int64(len(b)), n)]
		done := look(b, int64(len(b)) == n || s.err != nil)
		if s.sum != nil {
			s.sum.Write(b[:done])
		}
		s.pos += done
		n -= int64(done)
		if want = 1; done < len(b) {
			want = len(b) - done + 1
		}
		if done == 0 && s.err != nil {
			return false
		}
	}
	return true
}

// skip lets n bytes pass as they are.
func (s *stream) skip(n int64) bool {
	return s.each(n, func(b []byte, _ bool) int { return len(b) })
}

// rest lets everything pass that is left.
func (s *stream) rest() {
	s.skip(math.MaxInt64)
	if s.pos > 0 && !s.left {
		s.left = !s.yield(s.buf[:s.pos])
		s.pos = 0
	}
}
