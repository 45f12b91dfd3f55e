package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	modernc "modernc.org/sqlite"
)

// maxStmts bounds the prepared statements of one connection. There is one for
// each shape of query, never one for each value.
const maxStmts = 256

// conn is one connection, used by one goroutine at a time. It speaks to the
// driver itself: database/sql would double the cost of a page.
type conn struct {
	raw   driver.Conn
	stmts *simplelru.LRU[string, driver.Stmt]
	args  []driver.NamedValue // reused

	changes int            // counts the statements without rows that succeeded
	row     []driver.Value // reused
}

func openConn(dsn string) (*conn, error) {
	raw, err := new(modernc.Driver).Open(dsn)
	if err != nil {
		return nil, err
	}
	stmts, err := simplelru.NewLRU(maxStmts, func(_ string, s driver.Stmt) { s.Close() })
	if err != nil {
		raw.Close()
		return nil, err
	}
	return &conn{raw: raw, stmts: stmts}, nil
}

func (c *conn) close() error {
	c.stmts.Purge()
	return c.raw.Close()
}

func closeAll(conns []*conn) (err error) {
	for _, c := range conns {
		if c != nil {
			err = errors.Join(err, c.close())
		}
	}
	return err
}

// stmt is the prepared statement of sql.
func (c *conn) stmt(sql string) (driver.Stmt, error) {
	if s, ok := c.stmts.Get(sql); ok {
		return s, nil
	}
	s, err := c.raw.Prepare(sql)
	if err != nil {
		return nil, err
	}
	c.stmts.Add(sql, s)
	return s, nil
}

func (c *conn) bind(args []any) []driver.NamedValue {
	c.args = c.args[:0]
	for i, a := range args {
		if b, ok := a.(sortable); ok {
			a = []byte(b)
		}
		c.args = append(c.args, driver.NamedValue{Ordinal: i + 1, Value: a})
	}
	return c.args
}

// errEnough ends a query early.
var errEnough = errors.New("enough")

// query calls row for each row; row must not keep the slice, and must not use
// the connection.
func (c *conn) query(ctx context.Context, sql string, args []any, row func([]driver.Value) error) (err error) {
	s, err := c.stmt(sql)
	if err != nil {
		return err
	}
	rows, err := s.(driver.StmtQueryContext).QueryContext(ctx, c.bind(args))
	if err != nil {
		return err
	}
	defer func() {
		if e := rows.Close(); err == nil {
			err = e
		}
	}()
	n := len(rows.Columns())
	if cap(c.row) < n {
		c.row = make([]driver.Value, n)
	}
	vals := c.row[:n]
	for {
		if err := rows.Next(vals); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := row(vals); errors.Is(err, errEnough) {
			return nil
		} else if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// exec runs a statement without rows.
func (c *conn) exec(ctx context.Context, sql string, args ...any) error {
	_, err := c.run(ctx, sql, args)
	return err
}

func (c *conn) run(ctx context.Context, sql string, args []any) (driver.Result, error) {
	s, err := c.stmt(sql)
	if err != nil {
		return nil, err
	}
	res, err := s.(driver.StmtExecContext).ExecContext(ctx, c.bind(args))
	if err == nil {
		c.changes++
	}
	return res, err
}

// script runs statements that are used once and not worth keeping.
func (c *conn) script(ctx context.Context, sql string, args ...any) error {
	c.changes++ // it may fail half-way
	_, err := c.raw.(driver.ExecerContext).ExecContext(ctx, sql, c.bind(args))
	return err
}

// value is the first column of the first row, nil without one.
func (c *conn) value(ctx context.Context, sql string, args ...any) (v any, err error) {
	first := true
	err = c.query(ctx, sql, args, func(row []driver.Value) error {
		if first {
			v, first = row[0], false
		}
		return nil
	})
	return v, err
}
