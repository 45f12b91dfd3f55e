package storagetest

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/core/value"
)

// sample is what the property tests store: a nullable and a non-null field of
// every kind, drawn from small pools so that random filters find something.
type sample struct {
	core.Head `bson:",inline"`
	S         *string         `bson:"s"`
	S0        string          `bson:"s0"`
	I         *int64          `bson:"i"`
	I0        int64           `bson:"i0"`
	F         *float64        `bson:"f"`
	F0        float64         `bson:"f0"`
	B         *bool           `bson:"b"`
	B0        bool            `bson:"b0"`
	T         *time.Time      `bson:"t"`
	T0        time.Time       `bson:"t0"`
	D         *value.Date     `bson:"d"`
	D0        value.Date      `bson:"d0"`
	N         *value.Decimal  `bson:"n"`
	N0        value.Decimal   `bson:"n0"`
	Omit      *string         `bson:"omit,omitempty"`
	SS        []string        `bson:"ss"`
	II        []int64         `bson:"ii"`
	TT        []time.Time     `bson:"tt"`
	DD        []value.Date    `bson:"dd"`
	NN        []value.Decimal `bson:"nn"`
	Text      string          `bson:"text"`
	More      *string         `bson:"more"`
}

func sampleSpec() core.Spec {
	return core.Spec{
		Name: "samples", Prefix: "smp",
		Fields: []core.Field{
			{Name: "s", Kind: core.String}, {Name: "s0", Kind: core.String},
			{Name: "i", Kind: core.Int}, {Name: "i0", Kind: core.Int},
			{Name: "f", Kind: core.Float}, {Name: "f0", Kind: core.Float},
			{Name: "b", Kind: core.Bool}, {Name: "b0", Kind: core.Bool},
			{Name: "t", Kind: core.Time}, {Name: "t0", Kind: core.Time},
			{Name: "d", Kind: core.Date}, {Name: "d0", Kind: core.Date},
			{Name: "n", Kind: core.Decimal}, {Name: "n0", Kind: core.Decimal},
			{Name: "omit", Kind: core.String},
			{Name: "ss", Kind: core.String, Array: true},
			{Name: "ii", Kind: core.Int, Array: true},
			{Name: "tt", Kind: core.Time, Array: true},
			{Name: "dd", Kind: core.Date, Array: true},
			{Name: "nn", Kind: core.Decimal, Array: true},
		},
		Indexes: [][]string{{"s0", "t0"}, {"i0"}, {"ss", "t0"}, {"b0", "f0", "i0"}, {"s"}, {"omit"}, {"n0"}, {"d0", "n0"}, {"n"}, {"nn", "n0"}},
		Search:  []string{"text", "more"},
	}
}

// sampleKey is the value of a field that may be ordered by.
func sampleKey(s *sample, field string) any {
	switch field {
	case "_id":
		return s.ID
	case "s0":
		return s.S0
	case "i0":
		return s.I0
	case "f0":
		return s.F0
	case "b0":
		return s.B0
	case "t0":
		return s.T0
	case "d0":
		return string(s.D0)
	case "n0":
		return s.N0
	}
	panic("no key " + field)
}

func compareValues(a, b any) int {
	switch a := a.(type) {
	case string:
		return strings.Compare(a, b.(string))
	case int64:
		return cmp.Compare(a, b.(int64))
	case float64:
		return cmp.Compare(a, b.(float64))
	case time.Time:
		return a.Compare(b.(time.Time))
	case value.Decimal:
		return a.Compare(b.(value.Decimal))
	case bool:
		switch {
		case a == b.(bool):
			return 0
		case a:
			return 1
		}
		return -1
	}
	panic(fmt.Sprintf("no order of %T", a))
}

// source draws random values; its seed is in the log of a failing test.
type source struct{ *rand.Rand }

func newSource(t *testing.T) source {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return source{rand.New(rand.NewPCG(seed, 0))}
}

func pick[T any](r source, pool []T) T { return pool[r.IntN(len(pool))] }

// maybe is nil one time in four.
func maybe[T any](r source, v T) *T {
	if r.IntN(4) == 0 {
		return nil
	}
	return &v
}

// The pools hold neighbours in every order that a store might confuse: bytes
// against UTF-16, code points at the borders of their encodings, syntax.
var (
	stringPool = []string{
		"", "a", "A", "ab", "abc", "b", "a\u0000b", "a\u007f", "a\u0080", "a\u07ff", "a\u0800", "é", "e\u0301",
		"z\ud7ff", "z\ue000", "z\uffff", "z\U00010000", "z\U0010ffff", "\U0010ffff", "\U0010ffff\U0010ffff",
		"$gt", "a.b", "{\"$ne\":1}", "100%", "a_b", "a*b", "' --", "\\", "\n",
	}
	prefixPool = append([]string{"z", "\U0010ffff\U0010ffffa", "a\u0000", "\u007f", "\ud7ff", "zz"}, stringPool...)
	intPool    = []int64{math.MinInt64, -3, -1, 0, 1, 2, 3, 1 << 53, 1<<53 + 1, math.MaxInt64}
	floatPool  = []float64{math.Inf(-1), -1e300, -1.5, -1, 0, 0.5, 1, 2, 3, 1e300, math.Inf(1)}
	datePool   = []value.Date{"0000-01-01", "0999-12-31", "1969-12-31", "2024-02-29", "2026-03-01", "2026-03-10", "2026-12-01", "9999-12-31"}
	wordPool   = []string{
		"alpha", "Beta", "béta", "gamma-ray", "ΔΕΛΤΑ", "delta", "日本", "3", "x1", "and", "al", "alphabet", "日", "日本語", "本語日本", "ERP审批", "审", "erp",
		"Łódź", "lod", "学校", "학교에서", "학교", "ขาว", "ข้าว", "क्\u200dष", "क", "か\u3099", "か", "\u00ad", "z\U0010fffd",
	}
)

func timePool() []time.Time {
	return []time.Time{time.UnixMilli(0).UTC(), time.UnixMilli(-1).UTC(), {}, day(0), day(0).Add(time.Millisecond), day(1), day(400)}
}

// decimalPool holds equal numbers written differently, neighbours that a float could
// not tell apart, and what is far from each other.
func decimalPool() (list []value.Decimal) {
	for _, s := range []string{
		"0", "0.00", "1", "1.0", "1.5", "1.50", "1.500000000000000000000000000000001", "-1.5", "-1.50", "-1.55", "-1", "9.99", "10", "1e1", "99.99", "100", "0.1",
		"0.1000000000000000055511151231257827", "9007199254740992", "9007199254740993", "9999999999999999999999999999999999", "-9999999999999999999999999999999999",
		"1e6144", "-1e6144", "1e-6176", "-1e-6176",
	} {
		list = append(list, value.MustDecimal(s))
	}
	return list
}

func (r source) words() string {
	var b strings.Builder
	for range r.IntN(5) {
		b.WriteString(pick(r, wordPool))
		b.WriteString(pick(r, []string{" ", ", ", "\n", "."}))
	}
	return b.String()
}

func list[T any](r source, pool []T) []T {
	out := make([]T, r.IntN(4))
	for i := range out {
		out[i] = pick(r, pool)
	}
	return out
}

func (r source) sample(i int) *sample {
	return &sample{
		Head: core.Head{ID: fmt.Sprintf("smp_%03d", i), Version: 1, CreatedAt: day(0), UpdatedAt: day(0)},
		S:    maybe(r, pick(r, stringPool)), S0: pick(r, stringPool),
		I: maybe(r, pick(r, intPool)), I0: pick(r, intPool),
		F: maybe(r, pick(r, floatPool)), F0: pick(r, floatPool),
		B: maybe(r, r.IntN(2) == 0), B0: r.IntN(2) == 0,
		T: maybe(r, pick(r, timePool())), T0: pick(r, timePool()),
		D: maybe(r, pick(r, datePool)), D0: pick(r, datePool),
		N: maybe(r, pick(r, decimalPool())), N0: pick(r, decimalPool()),
		Omit: maybe(r, pick(r, stringPool)),
		SS:   list(r, stringPool), II: list(r, intPool), TT: list(r, timePool()), DD: list(r, datePool), NN: list(r, decimalPool()),
		Text: r.words(), More: maybe(r, r.words()),
	}
}

// filter draws a tree of at most depth levels of logic.
func (r source) filter(depth int) core.Filter {
	if depth > 0 && r.IntN(3) > 0 {
		args := make([]core.Filter, 1+r.IntN(3))
		for i := range args {
			args[i] = r.filter(depth - 1)
		}
		switch r.IntN(3) {
		case 0:
			return core.And(args...)
		case 1:
			return core.Or(args...)
		}
		return core.Not(args[0])
	}
	switch r.IntN(20) {
	case 0:
		return core.All
	case 1:
		return core.None
	case 2, 3:
		f := core.Search(r.words() + pick(r, wordPool) + pick(r, []string{"", "", " "}))
		if f.Op == core.OpSearch && r.IntN(3) == 0 {
			f.Field = "text"
		}
		return f
	}
	field := pick(r, []string{"_id", "s", "s0", "i", "i0", "f", "f0", "b", "b0", "t", "t0", "d", "d0", "n", "n0", "omit", "ss", "ii", "tt", "dd", "nn"})
	operand := func() any {
		switch {
		case field == "_id":
			return fmt.Sprintf("smp_%03d", r.IntN(150))
		case r.IntN(30) == 0: // another kind matches nothing
			return pick(r, []any{"a", int64(1), 1.0, value.MustDecimal("1"), true, day(0)})
		case strings.HasPrefix(field, "s"), field == "omit":
			return pick(r, stringPool)
		case strings.HasPrefix(field, "i"):
			return pick(r, intPool)
		case strings.HasPrefix(field, "f"):
			return pick(r, floatPool)
		case strings.HasPrefix(field, "b"):
			return r.IntN(2) == 0
		case strings.HasPrefix(field, "d"):
			return pick(r, datePool)
		case strings.HasPrefix(field, "n"):
			return pick(r, decimalPool())
		}
		return pick(r, timePool())
	}
	ops := 9
	if len(field) == 2 && field[0] == field[1] { // arrays know no order
		ops = 4
	}
	switch r.IntN(ops) {
	case 0:
		return core.Eq(field, operand())
	case 1:
		return core.Ne(field, operand())
	case 2:
		vs := make([]any, r.IntN(5))
		for i := range vs {
			vs[i] = operand()
		}
		return core.In(field, vs)
	case 3:
		return pick(r, []core.Filter{core.Eq(field, nil), core.Ne(field, nil)})
	case 4:
		return core.Lt(field, operand())
	case 5:
		return core.Lte(field, operand())
	case 6:
		return core.Gt(field, operand())
	case 7:
		return core.Gte(field, operand())
	}
	switch field {
	case "s", "s0", "omit":
		return core.Prefix(field, pick(r, prefixPool))
	case "_id":
		return core.Prefix(field, pick(r, []string{"", "smp_", "smp_0", "smp_01", "smp`", "x"}))
	}
	return core.Gt(field, nil)
}

// order draws what to sort by.
func (r source) order() (order []core.Order) {
	fields := []string{"s0", "i0", "f0", "b0", "t0", "d0", "n0"}
	r.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
	for _, f := range fields[:r.IntN(4)] {
		order = append(order, core.Order{Field: f, Desc: r.IntN(2) == 0})
	}
	return append(order, core.Order{Field: "_id", Desc: r.IntN(2) == 0})
}

func (d *documents) samples(t *testing.T, r source, n int) (core.DocStore, []*sample) {
	spec := sampleSpec()
	s := d.storeFor(t, []core.Spec{spec})
	docs := make([]*sample, n)
	for i := range docs {
		docs[i] = r.sample(i)
	}
	insert(t, s, spec.Name, docs...)
	return s, docs
}

// testMatchProperty holds Filter.Match and the store to the same answer.
func testMatchProperty(t *testing.T, d *documents) {
	r := newSource(t)
	s, docs := d.samples(t, r, 150)
	rounds := 600
	if testing.Short() {
		rounds = 150
	}
	ctx, cancel := context.WithTimeout(context.Background(), 4*timeout)
	defer cancel()
	for range rounds {
		if err := checkMatch(ctx, s, docs, r.filter(3)); err != nil {
			t.Fatal(err)
		}
	}
}

// checkMatch asks a store that holds docs, in the order of their ids, for those
// that f matches, and says how its answer differs from memory's.
func checkMatch(ctx context.Context, s core.DocStore, docs []*sample, f core.Filter) error {
	spec := sampleSpec()
	var want []string
	for _, doc := range docs {
		if f.Match(doc, spec.Search) {
			want = append(want, doc.ID)
		}
	}
	var got []string
	for doc, err := range s.Find(ctx, spec.Name, core.Query{Filter: f, Limit: limit}) {
		var found core.Head
		if err == nil {
			err = doc.Decode(&found)
		}
		if err != nil {
			return fmt.Errorf("filter %s: %w", show(f), err)
		}
		got = append(got, found.ID)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		extra, missing := difference(got, want), difference(want, got)
		var differ []sample
		for _, doc := range docs {
			if slices.Contains(extra, doc.ID) || slices.Contains(missing, doc.ID) {
				differ = append(differ, *doc)
			}
		}
		return fmt.Errorf("filter %s: the store finds %v too much and %v too little, or twice: %+v", show(f), extra, missing, differ)
	}
	if n, err := s.Count(ctx, spec.Name, core.Query{Filter: f}); err != nil || n != int64(len(want)) {
		return fmt.Errorf("filter %s: counted %d (%w), want %d", show(f), n, err, len(want))
	}
	for _, most := range []int{1, 7} {
		if n, err := s.Count(ctx, spec.Name, core.Query{Filter: f, Limit: most}); err != nil || n != int64(min(most, len(want))) {
			return fmt.Errorf("filter %s: counted %d (%w) of at most %d, want %d", show(f), n, err, most, min(most, len(want)))
		}
	}
	return nil
}

// FuzzFilters holds the store and memory to the same answers, for filters and
// pages of them that draw chooses by the bytes of each input.
func FuzzFilters(f *testing.F, s core.DocStore, draw func([]byte) *rand.Rand) {
	spec, r := sampleSpec(), source{rand.New(rand.NewPCG(1, 2))}
	if err := s.Ensure(f.Context(), []core.Spec{spec}); err != nil {
		f.Fatal(err)
	}
	var docs []*sample
	for i := range 40 {
		docs = append(docs, r.sample(i))
		if err := s.Write(f.Context(), core.Op{Kind: core.OpInsert, Coll: spec.Name, Doc: docs[i]}); err != nil {
			f.Fatal(err)
		}
	}
	f.Add([]byte{})
	for range 30 { // enough for most trees
		seed := make([]byte, 48)
		for i := range seed {
			seed[i] = byte(r.Uint32())
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r := source{draw(data)}
		filter := r.filter(4)
		if err := checkMatch(t.Context(), s, docs, filter); err != nil {
			t.Fatal(err)
		}
		checkPages(t, s, spec.Name, filter, r.order(), 10+r.IntN(20), docs, spec.Search, sampleKey)
	})
}

// testPageProperty walks random filters in random orders page by page.
func testPageProperty(t *testing.T, d *documents) {
	r := newSource(t)
	spec := sampleSpec()
	s, docs := d.samples(t, r, 60)
	rounds := 60
	if testing.Short() {
		rounds = 15
	}
	for range rounds {
		checkPages(t, s, spec.Name, r.filter(2), r.order(), 1+r.IntN(9), docs, spec.Search, sampleKey)
		if t.Failed() {
			return
		}
	}
}

func difference(a, b []string) (out []string) {
	for _, v := range a {
		if !slices.Contains(b, v) {
			out = append(out, v)
		}
	}
	return out
}

// show prints a filter as the calls that make it.
func show(f core.Filter) string {
	names := [...]string{"All", "None", "And", "Or", "Not", "Eq", "Ne", "In", "Lt", "Lte", "Gt", "Gte", "Prefix", "Search"}
	switch f.Op {
	case core.OpAll, core.OpNone:
		return names[f.Op]
	case core.OpAnd, core.OpOr, core.OpNot:
		args := make([]string, len(f.Args))
		for i, a := range f.Args {
			args[i] = show(a)
		}
		return names[f.Op] + "(" + strings.Join(args, ", ") + ")"
	case core.OpSearch:
		return fmt.Sprintf("Search(%s %q)", f.Field, f.Value)
	}
	return fmt.Sprintf("%s(%s, %#v)", names[f.Op], f.Field, f.Value)
}
