package sqlite_test

import (
	"bytes"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/core/value"
	"github.com/grapnel/grapnel/storage/sqlite"
	"go.mongodb.org/mongo-driver/v2/bson"
)

type name string

type inner struct {
	A string  `bson:"a"`
	B []int32 `bson:"b"`
}

// everything has a field of every type that is decoded without the library.
type everything struct {
	core.Head `bson:",inline"`
	S         string               `bson:"s"`
	N         name                 `bson:"n"`
	SP        *string              `bson:"sp"`
	I         int                  `bson:"i"`
	I32       int32                `bson:"i32"`
	I64       int64                `bson:"i64"`
	IP        *int64               `bson:"ip"`
	F         float64              `bson:"f"`
	B         bool                 `bson:"b"`
	BP        *bool                `bson:"bp"`
	T         time.Time            `bson:"t"`
	TP        *time.Time           `bson:"tp"`
	D         time.Duration        `bson:"d"`
	Raw       []byte               `bson:"raw"`
	SS        []string             `bson:"ss"`
	SPP       []*string            `bson:"spp"`
	TT        []time.Time          `bson:"tt"`
	In        inner                `bson:"in"`
	InP       *inner               `bson:"inp"`
	Ins       []inner              `bson:"ins"`
	M         map[string]string    `bson:"m"`
	MM        map[name][]time.Time `bson:"mm"`
	Day       value.Date           `bson:"day"`
	Price     value.Decimal        `bson:"price"`
	Rates     []*value.Decimal     `bson:"rates"`
	Meta      *value.JSON          `bson:"meta"`
	Omit      *string              `bson:"omit,omitempty"`
	Skip      string               `bson:"-"`
	hidden    int
}

func samples() []any {
	s, i, b, at := "text", int64(math.MinInt64), true, time.UnixMilli(-1).UTC()
	full := everything{
		Head: core.Head{ID: "x_1", Version: 3, CreatedAt: at},
		S:    "é\u0000\U0001F600", N: "named", SP: &s, I: 1 << 40, I32: -5, I64: math.MaxInt64, IP: &i, F: -0.5, B: true, BP: &b,
		T: at, TP: &at, D: time.Hour, Raw: []byte{0, 1, 2}, SS: []string{"", "a"}, SPP: []*string{&s, nil}, TT: []time.Time{at, at},
		In: inner{A: "in", B: []int32{1, 2}}, InP: &inner{}, Ins: []inner{{A: "1"}, {B: []int32{3}}},
		Day: "2026-03-01", Price: value.MustDecimal("-19.90"), Rates: []*value.Decimal{nil, new(value.MustDecimal("1e-6176"))}, Meta: new(value.JSON(`{"a":1.0}`)),
		M: map[string]string{"k": "v", "": ""}, MM: map[name][]time.Time{"a": {at}}, Omit: &s, Skip: "skipped", hidden: 1,
	}
	return []any{
		&everything{}, &full,
		bson.D{{Key: "version", Value: int32(4)}, {Key: "unknown", Value: bson.D{{Key: "x", Value: 1}}}, {Key: "s", Value: "t"}},
		bson.D{{Key: "s", Value: nil}, {Key: "t", Value: nil}, {Key: "ss", Value: nil}, {Key: "m", Value: nil}, {Key: "in", Value: nil}},
		bson.D{{Key: "i32", Value: int64(1) << 40}},
		bson.D{{Key: "f", Value: 3}, {Key: "i", Value: 4.0}},
		bson.D{{Key: "S", Value: "other case"}},
		bson.D{{Key: "price", Value: int32(7)}, {Key: "rates", Value: bson.A{int64(7), nil}}},
		bson.D{{Key: "price", Value: nil}, {Key: "rates", Value: nil}},
		bson.D{{Key: "s", Value: "first"}, {Key: "s", Value: "second"}, {Key: "ss", Value: bson.A{"a"}}, {Key: "ss", Value: bson.A{"b", "c"}}},
		bson.D{{Key: "s", Value: bson.NewObjectID()}, {Key: "raw", Value: bson.Binary{Subtype: 4, Data: []byte("x")}}},
	}
}

// checkDecode holds the fast way to the library's result wherever it does not
// leave the document to the library.
func checkDecode[T any](t *testing.T, raw []byte) (fast bool) {
	t.Helper()
	got, want := new(T), new(T)
	if !sqlite.FastDecode(raw, got) {
		return false
	}
	if err := sqlite.LibraryDecode(raw, want); err != nil {
		t.Fatalf("decoded what the library refuses: %v\n%x", err, raw)
	}
	if !reflect.DeepEqual(got, want) && !equalBytes(t, got, want) { // no NaN equals itself
		t.Fatalf("decoded\n%+v, the library has\n%+v", got, want)
	}
	return true
}

func equalBytes(t *testing.T, a, b any) bool {
	t.Helper()
	x, err := sqlite.Encode(a)
	y, err2 := sqlite.Encode(b)
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	return bytes.Equal(x, y)
}

func TestDecode(t *testing.T) {
	t.Parallel()
	for i, v := range samples() {
		raw, err := sqlite.Encode(v)
		if err != nil {
			t.Fatal(err)
		}
		if fast := checkDecode[everything](t, raw); i < 2 && !fast {
			t.Errorf("sample %d was left to the library", i)
		}
		checkDecode[inner](t, raw)
	}
	// What has rules of its own is the library's.
	type odd struct {
		ID   bson.ObjectID `bson:"id"`
		Any  any           `bson:"any"`
		Name string
	}
	raw, err := sqlite.Encode(odd{Name: "x"})
	if err != nil {
		t.Fatal(err)
	}
	if checkDecode[odd](t, raw) {
		t.Error("a type with an ObjectID was not left to the library")
	}
}

func FuzzDecode(f *testing.F) {
	for _, v := range samples() {
		raw, err := sqlite.Encode(v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) { checkDecode[everything](t, raw) })
}
