package sqlite

import (
	"cmp"
	"context"
	"database/sql/driver"
	"iter"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/grapnel/grapnel/core"
)

// Find reads the whole answer before it yields the first document: Limit
// bounds the memory, and a loop holds no connection, however long it takes.
func (s *Store) Find(ctx context.Context, coll string, q core.Query) iter.Seq2[core.Doc, error] {
	return func(yield func(core.Doc, error) bool) {
		docs, err := s.find(ctx, coll, q)
		if err != nil {
			yield(nil, err)
			return
		}
		for i := range docs {
			if !yield(&docs[i], nil) {
				return
			}
		}
	}
}

func (s *Store) find(ctx context.Context, coll string, q core.Query) (docs []document, err error) {
	c, err := s.readable(ctx, coll)
	if err != nil || c == nil {
		return nil, err
	}
	p, err := c.plan(q)
	if err != nil {
		return nil, err
	}
	err = s.read(ctx, func(ctx context.Context, conn *conn) error {
		docs, err = p.read(ctx, conn)
		return err
	})
	return docs, err
}

// FindEach runs the queries one after another on one connection. Those that
// differ in their values only share a prepared statement.
func (s *Store) FindEach(ctx context.Context, coll string, qs []core.Query) ([][]core.Doc, error) {
	c, err := s.collection(coll)
	if err != nil {
		return nil, err
	}
	plans := make([]*plan, len(qs))
	for i, q := range qs {
		if plans[i], err = c.plan(q); err != nil {
			return nil, err
		}
	}
	each := make([][]core.Doc, len(qs))
	err = s.read(ctx, func(ctx context.Context, conn *conn) error {
		for i, p := range plans {
			docs, err := p.read(ctx, conn)
			if err != nil {
				return err
			}
			each[i] = make([]core.Doc, len(docs))
			for j := range docs {
				each[i][j] = &docs[j]
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return each, nil
}

// read takes the way to the documents that suits the plan.
func (p *plan) read(ctx context.Context, conn *conn) ([]document, error) {
	if len(p.arms) == 0 {
		return nil, nil
	}
	text, walk, err := p.sought()
	if err != nil {
		return nil, err
	}
	if walk != nil {
		return p.search(ctx, conn, text, walk)
	}
	return p.docs(ctx, conn)
}

// docs reads the documents of the plan.
func (p *plan) docs(ctx context.Context, conn *conn) ([]document, error) {
	column := p.column()
	if p.identify {
		column += ",c.id"
	}
	sql, args, err := p.statement(column, p.limit)
	if err != nil {
		return nil, err
	}
	docs := make([]document, 0, min(p.limit, 32))
	err = conn.query(ctx, sql, args, distinct(func(row []driver.Value) error {
		d := p.document(row[0])
		if p.identify {
			d.id, _ = row[1].(string)
		}
		docs = append(docs, d)
		if len(docs) == p.limit {
			return errEnough
		}
		return nil
	}))
	return docs, err
}

// column is what is read of a document.
func (p *plan) column() string {
	if p.brief && len(p.spec.Bulk) > 0 {
		return briefly
	}
	return "c.doc"
}

// document is one whose column was read.
func (p *plan) document(v driver.Value) document {
	raw, _ := v.([]byte) // nil for a foreign value, which is no document
	if p.brief && len(p.spec.Bulk) > 0 {
		raw = brief(raw)
	}
	return document{raw: raw}
}

// distinct leaves out rows that repeat the one before: the branches of a union
// overlap, and their order ends with the id.
func distinct(row func([]driver.Value) error) func([]driver.Value) error {
	last := ""
	return func(vals []driver.Value) error {
		if n := len(vals); n > 1 {
			id, ok := vals[n-1].(string) // unless a foreign hand has written it
			if ok && id == last {
				return nil
			}
			last = id
		}
		return row(vals)
	}
}

// selectForWrite finds what an update or a delete is about.
func (c *collection) selectForWrite(f core.Filter) (string, []any, error) {
	if err := checkSize(f); err != nil {
		return "", nil, err
	}
	b := &builder{c: c}
	b.add("SELECT c.rid, c.doc FROM ", c.table, " c WHERE ")
	if err := b.filter(f); err != nil {
		return "", nil, err
	}
	return b.finish()
}

// conjuncts takes the top of a filter apart; no conjunct means all documents.
func conjuncts(f core.Filter) []core.Filter {
	switch f.Op {
	case core.OpAll:
		return nil
	case core.OpAnd:
		var out []core.Filter
		for _, a := range f.Args {
			out = append(out, conjuncts(a)...)
		}
		return out
	}
	return []core.Filter{f}
}

// plan is a Query on its way to a statement. The aim is that a page costs the
// same at any depth and size: every arm walks the index that core has named in the
// wanted order and stops at the limit.
type plan struct {
	*collection
	arms  []arm
	order []core.Order
	keys  []*field // of order
	after []any    // the values behind which the page starts; nil for none
	until []any    // the values before which it ends; nil for none
	limit int
	brief bool

	identify bool // ids are read beside the documents
}

// arm is a core.Arm, its conditions taken apart.
type arm struct {
	conj  []core.Filter
	index []string
}

// plan checks what the caller of Find must not get wrong.
func (c *collection) plan(q core.Query) (*plan, error) {
	if err := checkSize(q.Filter); err != nil {
		return nil, err
	}
	if q.Limit <= 0 {
		return nil, core.Errorf(core.Internal, "A query without a limit.")
	}
	p := &plan{collection: c, order: q.Order, limit: q.Limit, brief: q.Brief, identify: q.Identify}
	for _, a := range c.spec.Plan(q) {
		p.arms = append(p.arms, arm{conjuncts(a.Filter), a.Index})
	}
	for _, o := range q.Order {
		f := c.fields[o.Field]
		if o.Field == "_id" {
			f = idField
		}
		if f == nil || f.Array {
			return nil, core.Errorf(core.Internal, "The field %q of %q cannot be ordered by.", o.Field, c.spec.Name)
		}
		p.keys = append(p.keys, f)
	}
	if n := len(p.keys); n > 0 && p.keys[n-1] != idField {
		return nil, core.Errorf(core.Internal, "The order does not end with _id.")
	}
	var err error
	if p.after, err = p.place(q.After); err != nil {
		return nil, err
	}
	p.until, err = p.place(q.Before)
	return p, err
}

// place is a place in the order, one value for each of its keys; nil for none.
func (p *plan) place(values []any) (place []any, err error) {
	if values == nil {
		return nil, nil
	}
	if len(values) != len(p.keys) {
		return nil, core.Errorf(core.Invalid, "The cursor does not fit the order.")
	}
	for i, k := range p.keys {
		v, ok := k.operand(values[i])
		if !ok {
			return nil, core.Errorf(core.Invalid, "The cursor does not fit the order.")
		}
		place = append(place, v)
	}
	return place, nil
}

// statement selects a column of the wanted documents, followed by the keys of
// the order where SQLite or the caller needs them. In a union SQLite merges
// the branches, each walking an index of its own, by the keys in the result;
// a document can come up once for each branch, in rows that follow each other.
func (p *plan) statement(column string, limit int) (string, []any, error) {
	b := &builder{c: p.collection}
	var columns []string
	for i, a := range p.arms {
		if i > 0 {
			b.add(" UNION ALL ")
		}
		var err error
		if columns, err = p.branch(b, column, a, len(p.arms) > 1 || column == "c.rid"); err != nil {
			return "", nil, err
		}
	}
	for i, o := range p.order {
		if i == 0 {
			b.add(" ORDER BY ")
		} else {
			b.add(",")
		}
		b.add(columns[i])
		if o.Desc {
			b.add(" DESC")
		}
	}
	b.add(" LIMIT ", strconv.Itoa(roundUp(limit*len(p.arms))))
	return b.finish()
}

// roundUp is the next power of two, so that limits of all sizes share a few
// statements. A limit is no bound value, because SQLite plans a statement anew
// whenever its limit is bound; who reads stops at the exact number.
func roundUp(n int) int { return 1 << bits.Len(uint(n-1)) }

// branch writes the SELECT of one arm and returns what to order the statement by.
func (p *plan) branch(b *builder, column string, a arm, withKeys bool) ([]string, error) {
	conj, after := p.mergeRange(p.tighten(a.conj))
	from, conj, err := p.source(conj, a.index)
	if err != nil {
		return nil, err
	}
	columns := make([]string, len(p.keys))
	for i, k := range p.keys {
		columns[i] = "c." + k.column
		if from.side != nil && (k == idField || slices.Contains(from.side.by, k)) {
			columns[i] = "s." + k.column
		}
	}
	b.add("SELECT ", column)
	results := columns
	if withKeys {
		results = make([]string, len(columns))
		for i, col := range columns {
			results[i] = "k" + strconv.Itoa(i)
			b.add(",", col, " ", results[i])
		}
	}
	if err := p.rows(b, conj, from); err != nil {
		return nil, err
	}
	if after != nil {
		b.add(" AND ")
		behind(b, p.order, columns, after)
	}
	if p.until != nil {
		b.add(" AND ")
		behind(b, core.Reversed(p.order), columns, p.until)
	}
	return results, nil
}

// rows writes where an arm is read from, and what its rows must match.
func (p *plan) rows(b *builder, conj []core.Filter, from source) error {
	b.add(" FROM ")
	switch { // CROSS JOIN keeps SQLite from turning a join around
	case from.alone:
		b.add(from.side.table, " s WHERE s.v=")
		b.bind(from.value)
	case from.side != nil:
		b.add(from.side.table, " s CROSS JOIN ", p.table, " c ON c.rid=s.rid WHERE s.v=")
		b.bind(from.value)
	case from.words != "":
		b.add(p.fts, " s CROSS JOIN ", p.table, " c ON c.rid=s.rowid WHERE s.", p.fts, " MATCH ")
		b.bind(from.words)
	case from.index != "":
		b.add(p.table, " c INDEXED BY ", from.index, " WHERE 1")
	default:
		b.add(p.table, " c WHERE 1")
	}
	b.driven, b.side = from != source{}, from.side
	for _, f := range conj {
		b.add(" AND ")
		if err := p.condition(b, f, from.side); err != nil {
			return err
		}
	}
	return nil
}

// condition writes a conjunct. Beside a side table a comparison with one of its
// columns is written twice: there it bounds the walk, here it excludes null.
func (p *plan) condition(b *builder, f core.Filter, s *side) error {
	if s != nil && f.Value != nil {
		switch f.Op {
		case core.OpEq, core.OpLt, core.OpLte, core.OpGt, core.OpGte:
			for _, by := range s.by {
				if v, ok := by.operand(f.Value); ok && by.Name == f.Field {
					b.add("s.", by.column, operators[f.Op])
					b.bind(v)
					b.add(" AND ")
				}
			}
		}
	}
	return b.filter(f)
}

// source is where a branch reads from. The zero source leaves it to SQLite.
type source struct {
	index string // an index of the table
	side  *side  // the side table of an array, at value
	value any
	alone bool   // the side table has all that is tested, so that no document is read
	words string // the full-text index
}

// source is where to read an arm from: from the index that core has named, or else
// from an element of an array or the words of a search, if it asks for any. rest is the
// conditions that are left.
func (p *plan) source(conj []core.Filter, index []string) (from source, rest []core.Filter, err error) {
	from.words, rest, err = p.searched(conj, nil)
	switch {
	case err != nil || from.words != "":
		return from, rest, err
	case index == nil && slices.ContainsFunc(conj, func(f core.Filter) bool {
		return f.Field == "_id" && (f.Op == core.OpEq || f.Op == core.OpIn)
	}):
		return source{}, conj, nil // nothing is more selective
	case index != nil && (len(index) == 0 || !p.isArray(index[0])):
		return source{index: p.indexName(index)}, conj, nil
	}
	for i, f := range conj {
		array := p.fields[f.Field]
		if f.Op != core.OpEq || f.Value == nil || array == nil || !array.Array || index != nil && f.Field != index[0] {
			continue
		}
		if v, ok := array.operand(f.Value); ok {
			side := array.whole()
			if index != nil {
				side = array.side(index)
			}
			return source{side: side, value: v}, slices.Delete(slices.Clone(conj), i, i+1), nil
		}
	}
	return source{}, conj, nil
}

// bound tells the ranges apart: an upper or a lower one.
func bound(op core.FilterOp) (upper, strict, ok bool) {
	switch op {
	case core.OpLt:
		return true, true, true
	case core.OpLte:
		return true, false, true
	case core.OpGt:
		return false, true, true
	case core.OpGte:
		return false, false, true
	}
	return false, false, false
}

// rangeOf is f as a bound of a scalar field; field is nil for other filters.
func (p *plan) rangeOf(f core.Filter) (field *field, v any, upper, strict bool) {
	upper, strict, ok := bound(f.Op)
	if !ok {
		return nil, nil, false, false
	}
	field = p.fields[f.Field]
	if f.Field == "_id" {
		field = idField
	}
	if field == nil || field.Array {
		return nil, nil, false, false
	}
	if v, ok = field.operand(f.Value); !ok {
		return nil, nil, false, false
	}
	return field, v, upper, strict
}

// tighten keeps the tightest upper and lower bound of each field: SQLite would
// walk an index by any of them and test the others row by row.
func (p *plan) tighten(conj []core.Filter) []core.Filter {
	out := make([]core.Filter, 0, len(conj))
next:
	for _, f := range conj {
		field, v, upper, strict := p.rangeOf(f)
		for i, o := range out {
			if field == nil {
				break
			}
			field2, v2, upper2, _ := p.rangeOf(o)
			if field2 != field || upper2 != upper {
				continue
			}
			c, ok := compareOperands(v, v2)
			if !ok {
				continue
			}
			if upper && c < 0 || !upper && c > 0 || c == 0 && strict {
				out[i] = f
			}
			continue next
		}
		out = append(out, f)
	}
	return out
}

// mergeRange drops one of two bounds on the first key of the order, that of
// the page or that of the filter: the one which the other implies.
func (p *plan) mergeRange(conj []core.Filter) (_ []core.Filter, after []any) {
	if p.after == nil {
		return conj, nil
	}
	for i, f := range conj {
		field, v, upper, strict := p.rangeOf(f)
		if field != p.keys[0] || upper != p.order[0].Desc {
			continue
		}
		c, ok := compareOperands(p.after[0], v)
		if !ok {
			continue
		}
		if !upper {
			c = -c
		}
		if c < 0 || c == 0 && !strict {
			return slices.Delete(slices.Clone(conj), i, i+1), p.after
		}
		return conj, nil
	}
	return conj, p.after
}

// compareOperands orders two values of one type.
func compareOperands(a, b any) (c int, ok bool) {
	switch a := a.(type) {
	case string:
		b, ok := b.(string)
		return cmp.Compare(a, b), ok
	case int64:
		b, ok := b.(int64)
		return cmp.Compare(a, b), ok
	case float64:
		b, ok := b.(float64)
		return cmp.Compare(a, b), ok
	}
	return 0, false
}

// behind writes that the keys come after the given values: as one comparison
// of rows where all keys run the same way, else spelled out, with the bound of
// the first key in front, where an index can use it.
func behind(b *builder, order []core.Order, columns []string, after []any) {
	same := true
	for _, o := range order {
		same = same && o.Desc == order[0].Desc
	}
	op := func(i int) string {
		if order[i].Desc {
			return "<"
		}
		return ">"
	}
	if same {
		b.add("(", strings.Join(columns, ","), ")", op(0), "(")
		for i, v := range after {
			if i > 0 {
				b.add(",")
			}
			b.bind(v)
		}
		b.add(")")
		return
	}
	b.add(columns[0], op(0), "=")
	b.bind(after[0])
	for i, col := range columns {
		b.add(" AND (", col, op(i))
		b.bind(after[i])
		if i < len(columns)-1 {
			b.add(" OR ", col, "=")
			b.bind(after[i])
		}
	}
	b.add(strings.Repeat(")", len(columns)))
}
