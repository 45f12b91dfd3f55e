package sqlite

import (
	"context"
	"database/sql/driver"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/grapnel/grapnel/core"
)

// phrase is the FTS5 expression that asks for what a search asks for: quoted
// words side by side, a star behind those that are beginnings, once behind each mark.
// Words hold only letters, digits and marks. It is empty when nothing can match.
func (c *collection) phrase(f core.Filter, marks []string) (string, error) {
	text, _ := f.Value.(string)
	sought := core.SoughtWords(text)
	if c.fts == "" || sought.Empty() {
		return "", nil
	}
	first := ""
	if len(c.spec.Search) > 1 && f.Field != "" {
		first = firstMark
	}
	if f.Field != "" && f.Field != c.spec.Search[0] {
		return "", core.Errorf(core.Internal, "The field %q of %q cannot be searched by itself.", f.Field, c.spec.Name)
	}
	each := make([]string, len(marks))
	for i, mark := range marks {
		var b strings.Builder
		for _, w := range sought.Words {
			b.WriteString(` "` + mark + first + w + `"`)
		}
		for _, w := range sought.Beginnings {
			b.WriteString(` "` + mark + first + w + `"*`)
		}
		each[i] = b.String()[1:]
	}
	if len(each) == 1 {
		return each[0], nil
	}
	return "(" + strings.Join(each, ") OR (") + ")", nil
}

// searched takes the searches out of a conjunction, which it does not change: the
// full-text expression that every wanted document matches, "" when there is none,
// and what is left. One expression lets FTS5 walk several lists at once, those of
// words that must not be there too. Without marks it is for those of the conjunction.
func (c *collection) searched(conj []core.Filter, marks []string) (text string, rest []core.Filter, err error) {
	if !searches(conj) {
		return "", conj, nil
	}
	if marks == nil {
		marks = c.marks(conj)
	}
	var not string
	for _, f := range conj {
		of, to := f, &text
		if f.Op == core.OpNot {
			of, to = f.Args[0], &not
		}
		var expr string
		if of.Op == core.OpSearch {
			if expr, err = c.phrase(of, marks); err != nil {
				return "", nil, err
			}
		}
		switch {
		case expr == "":
			rest = append(rest, f)
		case *to == "":
			*to = "(" + expr + ")"
		case to == &text:
			*to += " AND (" + expr + ")"
		default:
			*to += " OR (" + expr + ")"
		}
	}
	switch {
	case text == "":
		return "", conj, nil
	case not != "":
		text = "(" + text + ") NOT (" + not + ")"
	}
	return text, rest, nil
}

// sought is what the documents of the plan are searched for, and the plan without
// it; nil when there is no search, or none in an order that has an index.
func (p *plan) sought() (text string, walk *plan, err error) {
	if !searches(p.arms[0].conj) {
		return "", nil, nil
	}
	var marks []string
	for _, a := range p.arms {
		marks = append(marks, p.marks(a.conj)...)
	}
	slices.Sort(marks)
	marks = slices.Compact(marks)
	for i, a := range p.arms {
		expr, conj, err := p.searched(a.conj, marks)
		if err != nil {
			return "", nil, err
		}
		if expr == "" || i > 0 && expr != text || a.index == nil {
			return "", nil, nil
		}
		if walk == nil {
			rest := *p
			rest.arms, walk = slices.Clone(p.arms), &rest
		}
		text, walk.arms[i].conj = expr, conj
	}
	return text, walk, nil
}

func searches(conj []core.Filter) bool {
	return slices.ContainsFunc(conj, func(f core.Filter) bool { return f.Op == core.OpSearch })
}

// search reads an ordered page of a search, in one state of the file.
//
// There are two ways. Sorting all m matches costs about 2 µs each. Walking the
// n documents in the wanted order costs as much for each step, and meets a
// match every n/m steps. For a page of 20 the two meet where m is about four
// times the root of n, so no search costs more than some thousand steps; where the
// matches are not spread evenly, a walk gives up after as many steps as sorting takes.
func (p *plan) search(ctx context.Context, conn *conn, text string, walk *plan) (docs []document, err error) {
	err = transaction(ctx, conn, "BEGIN", func() error {
		n, err := conn.value(ctx, "SELECT max(rid) FROM "+p.table)
		if err != nil || n == nil {
			return err
		}
		common, err := p.matchMore(ctx, conn, text, int(4*math.Sqrt(float64(n.(int64)))))
		if err != nil {
			return err
		}
		if common {
			var done bool
			if docs, done, err = walk.walk(ctx, conn, text); done || err != nil {
				return err
			}
		}
		docs, err = p.docs(ctx, conn)
		return err
	})
	return docs, err
}

// matchMore reports whether about n documents match, or more.
func (p *plan) matchMore(ctx context.Context, conn *conn, text string, n int) (bool, error) {
	most := int64(roundUp(n))
	m, err := conn.value(ctx, "SELECT count(*) FROM (SELECT 1 FROM "+p.fts+" WHERE "+p.fts+" MATCH ? LIMIT "+strconv.FormatInt(most, 10)+")", text)
	return m == most, err
}

// walk takes the documents in the wanted order, some at a time, and asks the
// full-text index which of them match. Documents next to each other in the
// order mostly lie next to each other there too. It is not done when so few match
// that sorting them is less work than going on.
func (p *plan) walk(ctx context.Context, conn *conn, text string) (docs []document, done bool, err error) {
	candidates := *p
	size, walked := roundUp(4*p.limit), 0
	for {
		sql, args, err := candidates.statement("c.rid", size)
		if err != nil {
			return nil, false, err
		}
		var rids []int64
		var last []any
		err = conn.query(ctx, sql, args, distinct(func(row []driver.Value) error {
			rids = append(rids, row[0].(int64))
			last = last[:0]
			for _, k := range row[1:] {
				if b, ok := k.([]byte); ok {
					k = sortable(b)
				}
				last = append(last, k)
			}
			if len(rids) == size {
				return errEnough
			}
			return nil
		}))
		if err != nil || len(rids) == 0 {
			return docs, true, err
		}
		matches := make(map[int64]bool)
		err = conn.query(ctx, "SELECT rowid FROM "+p.fts+" WHERE "+p.fts+" MATCH ? AND rowid BETWEEN ? AND ?",
			[]any{text, slices.Min(rids), slices.Max(rids)}, func(row []driver.Value) error {
				matches[row[0].(int64)] = true
				return nil
			})
		if err != nil {
			return nil, false, err
		}
		for _, rid := range rids {
			if !matches[rid] {
				continue
			}
			err := conn.query(ctx, "SELECT "+p.column()+", c.id FROM "+p.table+" c WHERE c.rid=?", []any{rid}, func(row []driver.Value) error {
				d := p.document(row[0])
				d.id, _ = row[1].(string)
				docs = append(docs, d)
				return nil
			})
			if err != nil {
				return nil, false, err
			}
			if len(docs) == p.limit {
				return docs, true, nil
			}
		}
		if len(rids) < size {
			return docs, true, nil
		}
		walked += len(rids)
		more, err := p.matchMore(ctx, conn, text, walked)
		if err != nil || !more {
			return nil, false, err
		}
		candidates.after = last
		size = min(2*size, 1<<14)
	}
}
