package sqlite

// reader lends its connection to one caller at a time, on a goroutine of its
// own. SQLite needs a deep stack: a goroutine that stays keeps it, where each
// request's own would have to grow one, at the cost of a small query.
type reader struct {
	conn *conn
	work chan func(*conn) error
	done chan outcome
}

// outcome is how a piece of work ended.
type outcome struct {
	err   error
	panic any
}

func newReader(c *conn) *reader {
	r := &reader{conn: c, work: make(chan func(*conn) error), done: make(chan outcome)}
	go r.run()
	return r
}

func (r *reader) run() {
	for f := range r.work {
		r.done <- r.try(f)
	}
}

func (r *reader) try(f func(*conn) error) (o outcome) {
	defer func() { o.panic = recover() }()
	o.err = f(r.conn)
	return o
}

// do runs f with the connection; a panic of f is the caller's.
func (r *reader) do(f func(*conn) error) error {
	r.work <- f
	o := <-r.done
	if o.panic != nil {
		panic(o.panic)
	}
	return o.err
}

// close ends the goroutine; the connection stays open.
func (r *reader) close() { close(r.work) }
