package core

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/grapnel/grapnel/core/value"
)

// DefaultPage and MaxPage bound how many documents a page holds.
const (
	DefaultPage = 20
	MaxPage     = 100
)

// PageArgs asks for a page, as in the Relay Cursor Connections Specification: of what
// lies between the cursors After and Before, the First or the Last. A cursor that is
// "" is as none.
type PageArgs struct {
	Where Filter
	// Search holds words that a document must have; blank: no condition.
	Search  *string
	OrderBy []Order // without "_id", which always follows
	// Brief: the caller wants no Bulk field of the documents.
	Brief  bool
	First  *int
	After  *string
	Last   *int
	Before *string
}

// key is the same text for arguments that ask for the same page.
func (a PageArgs) key() string {
	return fmt.Sprintf("%#v %#v %t %s %s %s %s %s", a.Where, a.OrderBy, a.Brief,
		given(a.Search), given(a.First), given(a.After), given(a.Last), given(a.Before))
}

// given writes what p points to, in Go's syntax.
func given[V any](p *V) string {
	if p == nil {
		return "nil"
	}
	return fmt.Sprintf("%#v", *p)
}

// Page is one page of a connection.
type Page[T any] struct {
	nodes             []*T
	order             cursorOrder
	hasNext, hasPrior bool
	count             func(ctx context.Context, limit int) (int, error)
	damaged           []*Error // of documents that would stand in the page
}

// Edge is a document in a connection.
type Edge[T any] struct {
	Node  *T
	order cursorOrder
}

// PageInfo says where a page stands.
type PageInfo struct {
	HasNextPage     bool
	HasPreviousPage bool
	StartCursor     *string
	EndCursor       *string
}

// Page reads the documents that the caller may see and that args ask for.
func (c *Collection[T]) Page(ctx context.Context, args PageArgs) (*Page[T], error) {
	p, err := c.ask(ctx, args)
	if err != nil {
		return nil, err
	}
	if !p.served && ReadingOf(ctx).charge(unservedRead) != nil {
		return nil, Errorf(TooLarge, "This operation asks for too many lists that no index serves. Ask for them one by one, or by fields with an index.")
	}
	docs, damaged, err := c.read(ctx, p)
	if err != nil {
		return nil, err
	}
	report(ctx, damaged)
	return c.page(p, docs), nil
}

// pages is Page for each of list, in one call of the store. The documents of
// all pages form one batch. Each page keeps to itself what could not be read.
func (c *Collection[T]) pages(ctx context.Context, list []PageArgs) ([]*Page[T], error) {
	asked, queries := make([]pageQuery, len(list)), make([]Query, 0, len(list))
	for i, args := range list {
		var err error
		if asked[i], err = c.ask(ctx, args); err != nil {
			return nil, err
		}
		queries = append(queries, asked[i].parts...)
	}
	each, damaged, err := c.findEach(ctx, queries)
	if err != nil {
		return nil, err
	}
	pages, n := make([]*Page[T], len(list)), 0
	for i, p := range asked {
		var docs []*T
		var bad []*Error
		for part := range p.parts {
			noteRank(p, part, each[n])
			docs, bad = append(docs, each[n]...), append(bad, damaged[n]...)
			n++
		}
		pages[i] = c.page(p, docs)
		pages[i].damaged = bad
	}
	return pages, nil
}

// pageQuery is what a page asks the store for.
type pageQuery struct {
	query    Query  // asks for one document more than the page holds
	where    Filter // what all pages hold together, within in
	in       scope
	parts    []Query // what is read for it, one behind the other
	ranks    []int64 // of the parts, in an order by relevance
	order    cursorOrder
	backward bool
	inside   bool // it begins at a cursor, so there is something before it
	served   bool // by an index
}

// ask checks args and makes the query of their page.
func (c *Collection[T]) ask(ctx context.Context, args PageArgs) (p pageQuery, err error) {
	limit, backward, err := args.bounds()
	if err != nil {
		return p, err
	}
	where := And(args.Where, args.search())
	if err := c.mayName(ctx, where, args.OrderBy); err != nil {
		return p, err
	}
	keys := withID(args.OrderBy)
	p = pageQuery{order: cursorOrder{coll: c.spec.Name, keys: keys}, backward: backward}
	after, err := p.order.place("after", args.After, c.fields)
	if err != nil {
		return p, err
	}
	before, err := p.order.place("before", args.Before, c.fields)
	if err != nil {
		return p, err
	}
	in := c.spec.scope(PrincipalOf(ctx), c.now())
	relevance, walked := len(args.OrderBy) > 0 && args.OrderBy[0].Field == Relevance, args.OrderBy
	if relevance {
		walked = walked[1:]
	}
	var problem func() string
	p.query, problem = c.spec.listing(where, in, walked)
	if err := c.advisor.check(ctx, c.spec.Name, problem); err != nil {
		return p, err
	}
	p.served = problem == nil || PrincipalOf(ctx).system
	p.where, p.in = where, in
	p.query.Order, p.query.After, p.query.Before = keys, after, before
	p.query.Limit, p.query.Brief = limit+1, args.Brief
	if backward {
		p.query.Order, p.query.After, p.query.Before = Reversed(keys), before, after
	}
	p.inside = p.query.After != nil
	p.parts = []Query{p.query}
	if relevance {
		p.byRank(&c.spec, ranks(args.search(), c.spec.Search), args.Where, in)
	}
	return p, nil
}

// Reversed is an order the other way round.
func Reversed(order []Order) []Order {
	out := slices.Clone(order)
	for i := range out {
		out[i].Desc = !out[i].Desc
	}
	return out
}

// page makes a page of the documents that were read for p.
func (c *Collection[T]) page(p pageQuery, docs []*T) *Page[T] {
	more := len(docs) >= p.query.Limit
	if more {
		docs = docs[:p.query.Limit-1]
	}
	page := &Page[T]{nodes: docs, order: p.order, hasNext: more, hasPrior: p.inside}
	if p.backward {
		slices.Reverse(docs)
		page.hasNext, page.hasPrior = page.hasPrior, page.hasNext
	}
	page.count = func(ctx context.Context, limit int) (int, error) {
		q := c.spec.counting(p.where, p.in)
		if q.Limit = limit; len(q.Arms) == 0 {
			return 0, nil
		}
		n, err := c.docs.Count(ctx, c.spec.Name, q)
		return int(n), err
	}
	return page
}

// bounds checks the paging arguments, all at once.
func (a PageArgs) bounds() (limit int, backward bool, err error) {
	var check Checker
	limit = DefaultPage
	size := func(path string, n *int) {
		if n == nil {
			return
		}
		if *n < 0 || *n > MaxPage {
			check.Add(path, "RANGE", fmt.Sprintf("must be from 0 to %d", MaxPage), MaxPage)
		}
		limit = *n
	}
	size("first", a.First)
	size("last", a.Last)
	backward = a.Last != nil || a.First == nil && isCursor(a.Before) && !isCursor(a.After)
	if a.First != nil && a.Last != nil {
		check.Add("last", "CONTRADICTION", "cannot stand beside first", nil)
	}
	if a.Search != nil {
		if n := utf8.RuneCountInString(*a.Search); n > MaxSearch {
			check.Add("search", "TOO_LONG", fmt.Sprintf("must have at most %d characters, not %d", MaxSearch, n), MaxSearch)
		} else if n := wordCount(*a.Search); n > MaxSearchWords {
			check.Add("search", "TOO_LONG", fmt.Sprintf("must have at most %d words, not %d; without spaces, three characters count as a word", MaxSearchWords, n), MaxSearchWords)
		}
	}
	return limit, backward, check.Err()
}

// isCursor tells a cursor from none, which some clients write as "".
func isCursor(c *string) bool { return c != nil && *c != "" }

// MaxSearch and MaxSearchWords bound what one search may ask for, in characters
// and in words.
const (
	MaxSearch      = 200
	MaxSearchWords = 32
)

// search is the condition of the search argument.
func (a PageArgs) search() Filter {
	if a.Search == nil || strings.TrimSpace(*a.Search) == "" {
		return All
	}
	return Search(*a.Search)
}

// NewPage is a page that no collection has read: all there is of a connection,
// or its first documents. Its cursors lead nowhere.
func NewPage[T any](nodes []*T, total int) *Page[T] {
	return &Page[T]{nodes: nodes, hasNext: len(nodes) < total, count: func(context.Context, int) (int, error) { return total, nil }}
}

// Nodes is the documents of the page.
func (p *Page[T]) Nodes() []*T { return p.nodes }

// Edges is the documents of the page with their cursors.
func (p *Page[T]) Edges() []Edge[T] {
	edges := make([]Edge[T], len(p.nodes))
	for i, n := range p.nodes {
		edges[i] = Edge[T]{Node: n, order: p.order}
	}
	return edges
}

// PageInfo says where the page stands.
func (p *Page[T]) PageInfo() PageInfo {
	info := PageInfo{HasNextPage: p.hasNext, HasPreviousPage: p.hasPrior}
	if n := len(p.nodes); n > 0 {
		first, last := p.order.encode(p.nodes[0]), p.order.encode(p.nodes[n-1])
		info.StartCursor, info.EndCursor = &first, &last
	}
	return info
}

// MaxCounted is how many documents a count looks at that need not be exact.
const MaxCounted = 10_000

// TotalCount counts the documents on all pages together; one storage call. When exact
// is false it stops behind [MaxCounted], so that one more says that there are others.
func (p *Page[T]) TotalCount(ctx context.Context, exact *bool) (int, error) {
	if exact == nil || *exact {
		return p.count(ctx, 0)
	}
	n, err := p.count(ctx, MaxCounted+1)
	return min(n, MaxCounted+1), err
}

// Cursor is where the edge stands in its order; opaque.
func (e Edge[T]) Cursor() string { return e.order.encode(e.Node) }

// cursorOrder writes and reads the cursors of one order of one collection: a
// JSON list of the order's name and the key values, in base64url. Times are
// Unix milliseconds.
type cursorOrder struct {
	coll string
	keys []Order
}

func (o cursorOrder) name() string {
	var b strings.Builder
	b.WriteString(o.coll)
	for _, k := range o.keys {
		if k.Desc {
			b.WriteString("-")
		} else {
			b.WriteString("+")
		}
		b.WriteString(k.Field)
	}
	return b.String()
}

func (o cursorOrder) encode(doc any) string {
	values := make([]any, len(o.keys))
	for i, k := range o.keys {
		if values[i] = fieldOf(doc, k.Field); k.Field == Relevance {
			values[i] = doc.(Node).head().rank
		}
	}
	return o.encodeValues(values)
}

func (o cursorOrder) encodeValues(values []any) string {
	list := make([]any, 1, len(values)+1)
	list[0] = o.name()
	for _, v := range values {
		if t, ok := v.(time.Time); ok {
			v = t.UnixMilli()
		}
		list = append(list, v)
	}
	data, _ := json.Marshal(list) // strings and numbers always encode
	return base64.RawURLEncoding.EncodeToString(data)
}

// place is where a cursor stands; nil for none. path names the argument.
func (o cursorOrder) place(path string, cursor *string, fields map[string]Field) ([]any, error) {
	if !isCursor(cursor) {
		return nil, nil
	}
	values, err := o.decode(*cursor, fields)
	if err != nil {
		return nil, invalidField(path, "CURSOR", "is no cursor of this list and order")
	}
	return values, nil
}

func (o cursorOrder) decode(cursor string, fields map[string]Field) ([]any, error) {
	bad := Errorf(Invalid, "This is no cursor of this list.")
	data, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return nil, bad
	}
	var list []json.RawMessage
	var name string
	if json.Unmarshal(data, &list) != nil || len(list) != len(o.keys)+1 || json.Unmarshal(list[0], &name) != nil || name != o.name() {
		return nil, bad
	}
	values := make([]any, len(o.keys))
	for i, k := range o.keys {
		if values[i], err = decodeKey(list[i+1], fields[k.Field].Kind); err != nil {
			return nil, bad
		}
	}
	return values, nil
}

func decodeKey(raw json.RawMessage, kind Kind) (any, error) {
	if string(raw) == "null" {
		return nil, Errorf(Invalid, "a key is null")
	}
	switch kind {
	case Int:
		return unmarshal[int64](raw)
	case Float:
		return unmarshal[float64](raw)
	case Bool:
		return unmarshal[bool](raw)
	case Decimal:
		return unmarshal[value.Decimal](raw)
	case Time:
		ms, err := unmarshal[int64](raw)
		return time.UnixMilli(ms).UTC(), err
	}
	return unmarshal[string](raw)
}

func unmarshal[V any](raw json.RawMessage) (V, error) {
	var v V
	err := json.Unmarshal(raw, &v)
	return v, err
}
