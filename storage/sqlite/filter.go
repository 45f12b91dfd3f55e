package sqlite

import (
	"slices"

	"github.com/grapnel/grapnel/core"
)

// SQLite's bounds on one statement: its values, and (below 1,000) the depth of
// its expressions, which a chain of ORs reaches by its length.
const (
	maxArgs  = 32_766
	maxTerms = 500
)

// checkSize refuses a filter that SQLite would refuse less clearly.
func checkSize(f core.Filter) error {
	terms := 0
	f.Walk(func(core.Filter) { terms++ })
	if terms > maxTerms {
		return core.Errorf(core.Invalid, "The filter is too large.")
	}
	return nil
}

// builder writes one statement. The text holds no value, so that equal shapes
// share a prepared statement.
type builder struct {
	c      *collection
	sql    []byte
	args   []any
	driven bool  // the way to the documents is settled, so that conditions only test them
	side   *side // the side table that is read, whose columns spare a look at the document
}

func (b *builder) add(parts ...string) {
	for _, p := range parts {
		b.sql = append(b.sql, p...)
	}
}

// bind adds a placeholder and its value.
func (b *builder) bind(v any) {
	b.sql = append(b.sql, '?')
	b.args = append(b.args, v)
}

// finish checks what SQLite would refuse.
func (b *builder) finish() (string, []any, error) {
	if len(b.args) > maxArgs {
		return "", nil, core.Errorf(core.Invalid, "The filter is too large.")
	}
	return string(b.sql), b.args, nil
}

// constant is the truth of a filter that needs no look at the document.
func (b *builder) constant(truth bool) {
	if truth {
		b.add("1")
	} else {
		b.add("0")
	}
}

// filter writes f as an expression that is true exactly where f matches;
// elsewhere it may be false or NULL, which is why Not asks IS NOT TRUE.
func (b *builder) filter(f core.Filter) error {
	switch f.Op {
	case core.OpAll:
		b.add("1")
		return nil
	case core.OpNone:
		b.add("0")
		return nil
	case core.OpAnd, core.OpOr:
		word := " AND "
		if f.Op == core.OpOr {
			word = " OR "
		}
		if len(f.Args) == 0 {
			b.constant(f.Op == core.OpAnd)
			return nil
		}
		b.add("(")
		for i, a := range f.Args {
			if i > 0 {
				b.add(word)
			}
			if err := b.filter(a); err != nil {
				return err
			}
		}
		b.add(")")
		return nil
	case core.OpNot:
		b.add("(")
		if err := b.filter(f.Args[0]); err != nil {
			return err
		}
		b.add(") IS NOT TRUE")
		return nil
	case core.OpSearch:
		return b.search(f)
	}
	if f.Field == "_id" {
		return b.compare(f, idField)
	}
	field := b.c.fields[f.Field]
	switch {
	case field == nil:
		return core.Errorf(core.Internal, "The field %q of %q is not declared.", f.Field, b.c.spec.Name)
	case field.Array:
		return b.element(f, field)
	}
	return b.compare(f, field)
}

// idField stands for _id, which every collection has.
var idField = &field{Field: core.Field{Name: "_id", Kind: core.String}, column: "id"}

var operators = map[core.FilterOp]string{core.OpEq: "=", core.OpNe: " IS NOT ", core.OpLt: "<", core.OpLte: "<=", core.OpGt: ">", core.OpGte: ">="}

// compare writes the comparison of a scalar.
func (b *builder) compare(f core.Filter, field *field) error {
	col := "c." + field.column
	if b.side != nil && field == idField {
		col = "s.id"
	} else if b.side != nil && slices.Contains(b.side.by, field) {
		col = "nullif(s." + field.column + ",-9e999)" // lowest
	}
	switch f.Op {
	case core.OpEq, core.OpNe:
		if f.Value == nil {
			b.add(col, " IS ")
			if f.Op == core.OpNe {
				b.add("NOT ")
			}
			b.add("NULL")
			return nil
		}
		fallthrough
	case core.OpLt, core.OpLte, core.OpGt, core.OpGte:
		v, ok := field.operand(f.Value)
		if !ok {
			b.constant(f.Op == core.OpNe)
			return nil
		}
		b.add(col, operators[f.Op])
		b.bind(v)
		return nil
	case core.OpIn:
		b.in(col, f, field)
		return nil
	case core.OpPrefix:
		p, ok := f.Value.(string)
		if !ok || field.Kind != core.String {
			b.add("0")
			return nil
		}
		b.add("(", col, ">=")
		b.bind(p)
		if end := successor(p); end != "" {
			b.add(" AND ", col, "<")
			b.bind(end)
		}
		b.add(")")
		return nil
	}
	return core.Errorf(core.Internal, "The filter has an unknown operator %d.", f.Op)
}

// successor is the least string above all that begin with p; "" when there is
// none. It need not be valid UTF-8: it is only compared.
func successor(p string) string {
	for len(p) > 0 && p[len(p)-1] == 0xff {
		p = p[:len(p)-1]
	}
	if p == "" {
		return ""
	}
	return p[:len(p)-1] + string([]byte{p[len(p)-1] + 1})
}

// in writes a list. Its length is a power of two, filled up with its last
// value, so that lists of all lengths share a few statements.
func (b *builder) in(col string, f core.Filter, field *field) {
	list, _ := f.Value.([]any)
	start := len(b.args)
	for _, v := range list {
		if v, ok := field.operand(v); ok {
			b.args = append(b.args, v)
		}
	}
	n := len(b.args) - start
	if n == 0 {
		b.add("0")
		return
	}
	for n&(n-1) != 0 && len(b.args) < maxArgs {
		b.args = append(b.args, b.args[len(b.args)-1])
		n++
	}
	if n == 1 {
		b.add(col, "=?")
		return
	}
	b.add(col, " IN (?")
	for range n - 1 {
		b.add(",?")
	}
	b.add(")")
}

// element writes the comparison of an array: any element matches.
func (b *builder) element(f core.Filter, field *field) error {
	not := ""
	switch f.Op {
	case core.OpEq:
	case core.OpNe:
		not = "NOT "
		f.Op = core.OpEq
	case core.OpIn:
	default:
		return core.Errorf(core.Internal, "The array field %q knows no such comparison.", f.Field)
	}
	if f.Op == core.OpEq {
		f.Value = []any{f.Value}
	}
	side := field.whole()
	if !b.driven && not == "" {
		b.add("c.rid IN (SELECT rid FROM ", side.table, " WHERE ")
		b.in("v", f, field)
		b.add(")")
		return nil
	}
	b.add(not, "EXISTS (SELECT 1 FROM ", side.table, " e WHERE ")
	b.in("e.v", f, field)
	for _, by := range side.by {
		b.add(" AND e.", by.column, "=ifnull(c.", by.column, ",-9e999)") // lowest
	}
	b.add(" AND e.id=c.id)")
	return nil
}

// search writes a full-text condition.
func (b *builder) search(f core.Filter) error {
	text, err := b.c.phrase(f, b.c.anyone)
	if err != nil {
		return err
	}
	if text == "" {
		b.add("0")
		return nil
	}
	b.add("c.rid IN (SELECT rowid FROM ", b.c.fts, " WHERE ", b.c.fts, " MATCH ")
	b.bind(text)
	b.add(")")
	return nil
}
