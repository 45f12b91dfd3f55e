package sqlite

import (
	"context"
	"database/sql/driver"

	"github.com/grapnel/grapnel/core"
)

// Explain is the statement that Find would run, and the steps in which SQLite would
// carry it out (EXPLAIN QUERY PLAN). Of a search it is the one that sorts what the words
// find; Find may walk an index instead.
func (s *Store) Explain(ctx context.Context, coll string, q core.Query) (sql string, steps []string, err error) {
	c, err := s.collection(coll)
	if err != nil {
		return "", nil, err
	}
	p, err := c.plan(q)
	if err != nil {
		return "", nil, err
	}
	sql, args, err := p.statement("c.doc", q.Limit)
	if err != nil {
		return "", nil, err
	}
	steps, err = s.explain(ctx, sql, args)
	return sql, steps, err
}

// ExplainCount is Explain for Count.
func (s *Store) ExplainCount(ctx context.Context, coll string, q core.Query) (sql string, steps []string, err error) {
	c, err := s.collection(coll)
	if err != nil {
		return "", nil, err
	}
	sql, args, err := c.count(q)
	if err != nil {
		return "", nil, err
	}
	steps, err = s.explain(ctx, sql, args)
	return sql, steps, err
}

func (s *Store) explain(ctx context.Context, sql string, args []any) (steps []string, err error) {
	err = s.read(ctx, func(ctx context.Context, conn *conn) error {
		return conn.query(ctx, "EXPLAIN QUERY PLAN "+sql, args, func(row []driver.Value) error {
			step, _ := row[3].(string)
			steps = append(steps, step)
			return nil
		})
	})
	return steps, err
}
