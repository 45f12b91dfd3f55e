package sqlite

import (
	"context"
	"sync"

	"github.com/grapnel/grapnel/core"
)

// readers lends the reading connections, to one operation after the other and not to
// one read after the other: an operation of fifty fields gets no more of them than one
// of a single field. Reads that are known to be slow hold half of them at most, so that
// quick ones need not wait until they end.
type readers struct {
	mu           sync.Mutex
	idle         []*reader
	slow         int // how many slow reads hold one
	most         int // of those
	quick, tardy line
	skipped      int // how often quick reads went before slow ones that waited
}

// fairness is how many quick reads may go before a slow one that waits.
const fairness = 8

func newReaders(list []*reader) *readers {
	return &readers{idle: list, most: max(1, len(list)/2)}
}

// line is who waits: operations in turn, and the reads of each in their order.
type line struct {
	turns []any // the operations
	reads map[any][]*waiting
}

// waiting is a read that waits. Its channel gets one reader, unless it has gone.
type waiting struct {
	reader chan *reader
	gone   bool
}

func (l *line) add(op any) *waiting {
	w := &waiting{reader: make(chan *reader, 1)}
	if l.reads == nil {
		l.reads = map[any][]*waiting{}
	}
	if len(l.reads[op]) == 0 {
		l.turns = append(l.turns, op)
	}
	l.reads[op] = append(l.reads[op], w)
	return w
}

// next takes the read whose turn it is out of the line; nil when nobody waits.
func (l *line) next() *waiting {
	for len(l.turns) > 0 {
		op := l.turns[0]
		l.turns = l.turns[1:]
		w := l.reads[op][0]
		if l.reads[op] = l.reads[op][1:]; len(l.reads[op]) > 0 {
			l.turns = append(l.turns, op)
		} else {
			delete(l.reads, op)
		}
		if !w.gone {
			return w
		}
	}
	return nil
}

// take waits for a reader, for an operation, until ctx ends or the store closes.
func (p *readers) take(ctx context.Context, op *core.Reading, slow bool, closing <-chan struct{}) (*reader, error) {
	p.mu.Lock()
	if last := len(p.idle) - 1; last >= 0 && (!slow || p.slow < p.most) { // then nobody waits whose turn it could be
		r := p.idle[last]
		p.idle = p.idle[:last]
		if slow {
			p.slow++
		}
		p.mu.Unlock()
		return r, nil
	}
	var key any = op
	if op == nil {
		key = new(byte) // its own operation
	}
	l := &p.quick
	if slow {
		l = &p.tardy
	}
	w := l.add(key)
	p.lend()
	p.mu.Unlock()
	var err error
	select {
	case r := <-w.reader:
		return r, nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-closing:
		err = errClosed()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case r := <-w.reader: // in the same moment
		p.put(r, slow)
	default:
		w.gone = true
	}
	return nil, err
}

// give gives a reader back.
func (p *readers) give(r *reader, slow bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.put(r, slow)
}

func (p *readers) put(r *reader, slow bool) {
	p.idle = append(p.idle, r)
	if slow {
		p.slow--
	}
	p.lend()
}

// lend hands idle readers to those who wait.
func (p *readers) lend() {
	for len(p.idle) > 0 {
		w, slow := p.turn()
		if w == nil {
			return
		}
		if slow {
			p.slow++
		}
		last := len(p.idle) - 1
		w.reader <- p.idle[last]
		p.idle = p.idle[:last]
	}
}

// turn is whose turn it is.
func (p *readers) turn() (w *waiting, slow bool) {
	may := p.slow < p.most && len(p.tardy.turns) > 0
	if may && p.skipped >= fairness {
		p.skipped = 0
		if w = p.tardy.next(); w != nil {
			return w, true
		}
	}
	if w = p.quick.next(); w != nil {
		if may {
			p.skipped++
		}
		return w, false
	}
	if may {
		w = p.tardy.next()
	}
	return w, w != nil
}
