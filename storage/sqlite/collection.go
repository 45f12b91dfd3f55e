package sqlite

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/core/value"
)

// collection is a Spec as tables, worked out once:
//
//	c_posts$FINGERPRINT   rid, id, one x_ column for each scalar field, cut (where the Bulk fields begin in doc),
//	                      doc (last: columns are read without it)
//	i_posts$status$date   a compound index, ending with id
//	u_posts$slug          a unique index; null never conflicts
//	a_posts$tags$date     elements of an array: v, the x_ columns that an index orders them by, id, rid
//	f_posts$words         words of the searched fields by rid, those of the first one once more with firstMark,
//	                      all behind marks where documents have different audiences
//
// Names hold "$", which no GraphQL name can. With the fingerprint of the Spec in its
// name, the table is none to a process that lays its documents out otherwise: not one
// of its statements runs, and no statement pays for that.
type collection struct {
	spec     core.Spec
	name     string // of the table
	table    string // the same, quoted, as all of these
	fts      string // empty without Search
	fields   map[string]*field
	columns  []*field // the scalar ones, in the order of the table
	arrays   []*field
	audience *field            // by which the index of words is parted; nil for none
	anyone   []string          // the marks of all that it may hold
	uniques  map[string]string // "table.column" in an error of SQLite -> field

	insertSQL string
}

// field is a declared field. Its values are kept as SQLite's own types: moments
// as milliseconds, booleans as 0 and 1, decimals as blobs that sort as they do.
type field struct {
	core.Field
	column string // quoted; of scalars
	at     int    // place in columns or arrays
	sides  []*side
}

// sortable is a value of type BLOB, which Go can compare and use as a key.
type sortable string

// side is a table of the elements of an array field, sorted by some scalars.
type side struct {
	table  string
	by     []*field
	sparse bool // without documents where a sparse field of by is null

	insertSQL, deleteSQL string
}

// ident quotes a name.
func ident(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// tablePrefix begins the name of a collection's table, whatever its Spec.
func tablePrefix(coll string) string { return "c_" + coll }

// newCollection lays out a Spec, and refuses one that it cannot serve.
func newCollection(spec core.Spec) (*collection, error) {
	c, err := layOut(spec)
	if err != nil {
		return nil, err
	}
	return c.in(tablePrefix(spec.Name) + "$" + spec.Fingerprint()), nil
}

// in has the documents in the named table.
func (c *collection) in(table string) *collection {
	c.name, c.table = table, ident(table)
	c.uniques[table+".id"] = "_id"
	for _, f := range c.columns {
		if f.Unique {
			c.uniques[table+".x_"+f.Name] = f.Name
		}
	}
	c.insertSQL = "INSERT INTO " + c.table + "(rid,id," + c.columnList() + "cut,doc) VALUES(" + marks(len(c.columns)+4) + ")"
	return c
}

// layOut is a collection that is in no table yet.
func layOut(spec core.Spec) (*collection, error) {
	bad := func(format string, args ...any) error {
		return core.Errorf(core.Internal, "Collection %q: %s.", spec.Name, fmt.Sprintf(format, args...))
	}
	if spec.Name == "" || strings.ContainsAny(spec.Name, "$\x00") {
		return nil, bad("the name is not usable")
	}
	c := &collection{spec: spec, fields: map[string]*field{}, uniques: map[string]string{}}
	lower := map[string]bool{} // SQLite's names know no case
	for _, f := range spec.Fields {
		if f.Name == "" || f.Name == "_id" || strings.ContainsAny(f.Name, "$\x00") || lower[strings.ToLower(f.Name)] {
			return nil, bad("the field name %q is not usable or used twice", f.Name)
		}
		if !f.Kind.IsComparable() {
			return nil, bad("field %s has no known kind", f.Name)
		}
		lower[strings.ToLower(f.Name)] = true
		n := &field{Field: f}
		c.fields[f.Name] = n
		if f.Array {
			n.at = len(c.arrays)
			c.arrays = append(c.arrays, n)
			continue
		}
		n.column, n.at = ident("x_"+f.Name), len(c.columns)
		c.columns = append(c.columns, n)
	}
	for _, index := range spec.Indexes {
		if len(index) == 0 {
			return nil, bad("an index without fields")
		}
		by := make([]*field, len(index))
		for i, name := range index {
			if by[i] = c.fields[name]; by[i] == nil {
				return nil, bad("the index %v names an undeclared field", index)
			}
			if by[i].Array && i > 0 {
				return nil, bad("in the index %v an array field does not come first", index)
			}
		}
		if by[0].Array {
			by[0].addSide(spec.Name, by[1:])
		}
	}
	for _, f := range c.arrays {
		if !slices.ContainsFunc(f.sides, func(s *side) bool { return !s.sparse }) {
			f.addSide(spec.Name, nil)
		}
		if f.Unique {
			for _, s := range f.sides {
				c.uniques[strings.Trim(s.table, `"`)+".v"] = f.Name
			}
		}
	}
	if len(spec.Search) > 0 {
		c.fts = ident("f_" + spec.Name + "$words")
		name, values := spec.Audience()
		c.audience, c.anyone = c.fields[name], unmarked
		if c.audience != nil {
			c.anyone = nil
			for _, v := range values {
				c.anyone = append(c.anyone, audienceMark(v))
			}
		}
	}
	if e := spec.Expires; e != "" {
		if f := c.fields[e]; f == nil || f.Kind != core.Time || f.Array {
			return nil, bad("it expires by %q, which is no declared time", e)
		}
	}
	return c, nil
}

func (f *field) addSide(coll string, by []*field) {
	name := "a_" + coll + "$" + f.Name
	for _, b := range by {
		name += "$" + b.Name
	}
	s := &side{table: ident(name), by: by}
	if slices.ContainsFunc(f.sides, func(o *side) bool { return o.table == s.table }) {
		return
	}
	keys := "v,"
	where := "v=? AND "
	for _, b := range by {
		keys += b.column + ","
		where += b.column + "=? AND "
	}
	s.sparse = slices.ContainsFunc(by, func(b *field) bool { return b.Sparse })
	s.insertSQL = "INSERT INTO " + s.table + "(" + keys + "id,rid) VALUES(" + marks(len(by)+3) + ")"
	s.deleteSQL = "DELETE FROM " + s.table + " WHERE " + where + "id=?"
	f.sides = append(f.sides, s)
}

// side is the side table behind an index of the Spec that begins with f.
func (f *field) side(index []string) *side {
	return f.sides[slices.IndexFunc(f.sides, func(s *side) bool {
		return slices.EqualFunc(s.by, index[1:], func(by *field, name string) bool { return by.Name == name })
	})]
}

// whole is a side table that holds all documents; newCollection has seen to one.
func (f *field) whole() *side {
	return f.sides[slices.IndexFunc(f.sides, func(s *side) bool { return !s.sparse })]
}

func (c *collection) isArray(name string) bool {
	f := c.fields[name]
	return f != nil && f.Array
}

// columnList is the x_ columns, each followed by a comma.
func (c *collection) columnList() string {
	var b strings.Builder
	for _, f := range c.columns {
		b.WriteString(f.column + ",")
	}
	return b.String()
}

// marks is n placeholders.
func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?,", n), ",") }

// layout describes the tables. When it differs from the one that a database
// has, the tables are built anew from the documents; when it would not differ
// without words, only the index of words is.
func (c *collection) layout(withWords bool) string {
	type words struct {
		Rules int
		First string
		Marks int
	}
	type array struct {
		Name   string
		Kind   core.Kind
		Tables []string
	}
	l := struct {
		Columns []core.Field
		Arrays  []array
		Search  []string
		Bulk    []string
		Rows    string
		Words   *words `json:",omitempty"`
	}{Bulk: c.spec.Bulk, Search: slices.Sorted(slices.Values(c.spec.Search)), Rows: rowID}
	if withWords && c.fts != "" {
		l.Words = &words{Rules: core.WordRules, First: c.spec.Search[0], Marks: markRules}
	}
	for _, f := range c.columns {
		l.Columns = append(l.Columns, core.Field{Name: f.Name, Kind: f.Kind})
	}
	for _, f := range c.arrays {
		a := array{Name: f.Name, Kind: f.Kind}
		for _, s := range f.sides {
			a.Tables = append(a.Tables, s.table)
		}
		slices.Sort(a.Tables)
		l.Arrays = append(l.Arrays, a)
	}
	slices.SortFunc(l.Columns, func(a, b core.Field) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(l.Arrays, func(a, b array) int { return strings.Compare(a.Name, b.Name) })
	text, err := json.Marshal(l)
	if err != nil {
		panic(err) // plain strings and numbers
	}
	return string(text)
}

// rowID is how rows are numbered: no number is used again, so that what is left of a
// document, wherever, never leads to another.
const rowID = "INTEGER PRIMARY KEY AUTOINCREMENT"

// tables are the statements that make the tables.
func (c *collection) tables() []string {
	var b strings.Builder
	for _, f := range c.columns {
		b.WriteString(f.column + " " + columnType[f.Kind] + ",")
	}
	out := []string{"CREATE TABLE " + c.table + "(rid " + rowID + ",id TEXT NOT NULL UNIQUE," + b.String() + "cut INTEGER NOT NULL,doc BLOB NOT NULL)"}
	for _, f := range c.arrays {
		for _, s := range f.sides {
			keys := ""
			for _, by := range s.by {
				keys += by.column + ","
			}
			// No types: lowest stands beside values of every kind.
			out = append(out, "CREATE TABLE "+s.table+"(v,"+keys+"id TEXT,rid INTEGER NOT NULL,PRIMARY KEY(v,"+keys+"id)) WITHOUT ROWID")
		}
	}
	if c.fts != "" {
		out = append(out, c.wordTable())
	}
	return out
}

// wordTable is the statement that makes the full-text index. The words come
// folded from core.Words, and this tokenizer takes every byte above ASCII, and those of
// marks, as part of a word: it splits at the spaces. The index of prefixes keeps what readers
// type first from costing more the more words there are.
func (c *collection) wordTable() string {
	prefixes := "1 2 3"
	if c.audience != nil {
		prefixes = "2 3 4" // behind a mark
	}
	return "CREATE VIRTUAL TABLE " + c.fts + " USING fts5(w,content='',contentless_delete=1,detail=none,prefix='" + prefixes + "',tokenize=\"ascii tokenchars '" + markBytes + "'\")"
}

var columnType = [...]string{core.String: "TEXT", core.Int: "INTEGER", core.Float: "REAL", core.Bool: "INTEGER", core.Time: "INTEGER", core.Date: "TEXT", core.Decimal: "BLOB"}

// indexes are the wanted indexes by name, with the statements that make them.
func (c *collection) indexes() map[string]string {
	out := map[string]string{}
	add := func(fields []string) {
		keys, where := "", ""
		for _, name := range fields {
			f := c.fields[name]
			keys += f.column + ","
			if f.Sparse {
				where = " WHERE " + f.column + " IS NOT NULL"
			}
		}
		name := c.indexName(fields)
		out[strings.Trim(name, `"`)] = "CREATE INDEX " + name + " ON " + c.table + "(" + keys + "id)" + where
	}
	for _, index := range c.spec.Indexes {
		if !c.fields[index[0]].Array {
			add(index)
		}
	}
	if c.spec.Expires != "" {
		add([]string{c.spec.Expires})
	}
	for _, f := range c.fields {
		name := "u_" + c.spec.Name + "$" + f.Name
		switch {
		case f.Unique && f.Array:
			out[name] = "CREATE UNIQUE INDEX " + ident(name) + " ON " + f.whole().table + "(v)"
		case f.Unique:
			out[name] = "CREATE UNIQUE INDEX " + ident(name) + " ON " + c.table + "(" + f.column + ") WHERE " + f.column + " IS NOT NULL"
		}
	}
	return out
}

// indexName is the name of the index of some fields and the id, quoted.
func (c *collection) indexName(fields []string) string {
	if len(fields) == 0 {
		return ident("sqlite_autoindex_" + c.name + "_1") // of UNIQUE
	}
	return ident("i_" + c.spec.Name + "$" + strings.Join(fields, "$"))
}

// lowest takes the place of null in side tables, whose keys cannot be null: it
// sorts before every other value there, as null does elsewhere.
var lowest = math.Inf(-1)

// operand brings a value of a filter to the form of f's column; ok is false
// for a value of another kind, which no document can hold.
func (f *field) operand(v any) (_ any, ok bool) {
	switch v := v.(type) {
	case string:
		return v, f.Kind == core.String || f.Kind == core.Date
	case value.Decimal:
		return sortable(v.SortKey()), f.Kind == core.Decimal
	case int64:
		return v, f.Kind == core.Int || f.Kind == core.Float
	case float64:
		return v, (f.Kind == core.Int || f.Kind == core.Float) && !math.IsNaN(v)
	case bool:
		if v {
			return int64(1), f.Kind == core.Bool
		}
		return int64(0), f.Kind == core.Bool
	case time.Time:
		return v.UnixMilli(), f.Kind == core.Time
	}
	return nil, false
}
