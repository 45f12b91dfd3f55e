package storagetest

import (
	"errors"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/core/value"
)

// testReadBeforeEnsure is how a start looks at the documents before it changes
// anything: without a spec, by id.
func testReadBeforeEnsure(t *testing.T, d *documents) {
	if d.peers == nil {
		t.Skip("needs two stores on one database")
	}
	a, b := d.peers(t, specs())
	closeAtEnd(t, a)
	closeAtEnd(t, b)
	byID := core.Query{Order: []core.Order{{Field: "_id"}}, Limit: 2}
	if got := find[article](t, b, "articles", byID); len(got) != 0 {
		t.Fatalf("%d documents in a collection that is not there", len(got))
	}
	if n := count(t, b, "articles", core.All); n != 0 {
		t.Fatalf("%d counted in a collection that is not there", n)
	}
	if err := a.Ensure(deadline(t), specs()); err != nil {
		t.Fatal(err)
	}
	insert(t, a, "articles", newArticle("art_1", day(1)), newArticle("art_2", day(2)), newArticle("art_3", day(3)))

	page := find[article](t, b, "articles", byID)
	byID.After = []any{"art_2"}
	if rest := find[article](t, b, "articles", byID); len(page) != 2 || len(rest) != 1 || rest[0].ID != "art_3" {
		t.Errorf("pages of %d and %d documents", len(page), len(rest))
	}
	if got := get[article](t, b, "articles", "art_2"); got == nil || !got.Date.Equal(day(2)) {
		t.Errorf("got %+v by its id", got)
	}
	if n := count(t, b, "articles", core.All); n != 3 {
		t.Errorf("%d counted, want 3", n)
	}
	if err := b.Write(deadline(t), remove("articles", core.Eq("_id", "art_1"))); err == nil {
		t.Error("a write before Ensure was taken")
	}
}

// testEnsurePart calls Ensure for one spec beside those that are there.
func testEnsurePart(t *testing.T, d *documents) {
	s := d.store(t)
	insert(t, s, "articles", newArticle("art_1", day(1)))
	one := core.Spec{Name: "_extra", Prefix: "ext", Fields: []core.Field{{Name: "logins", Kind: core.Int}}}
	if err := s.Ensure(deadline(t), []core.Spec{one}); err != nil {
		t.Fatal(err)
	}
	insert(t, s, "_extra", newAccount("ext_1"))
	write(t, s, update("articles", core.Eq("status", "DRAFT"), core.Set("status", "PUBLISHED")))
	if count(t, s, "articles", core.Eq("status", "PUBLISHED")) != 1 || count(t, s, "_extra", core.Eq("logins", 0)) != 1 {
		t.Error("a document is lost")
	}
}

// testEnsureKind gives a unique field another kind.
func testEnsureKind(t *testing.T, d *documents) {
	s := d.store(t)
	spec := func(k core.Kind) []core.Spec {
		return []core.Spec{{Name: "_kinds", Prefix: "kind", Fields: []core.Field{{Name: "logins", Kind: k, Unique: true}}}}
	}
	for _, k := range []core.Kind{core.String, core.Date, core.Decimal, core.Int, core.Int} {
		if err := s.Ensure(deadline(t), spec(k)); err != nil {
			t.Fatalf("kind %d: %v", k, err)
		}
	}
	insert(t, s, "_kinds", newAccount("kind_1"))
	if err := s.Write(deadline(t), core.Op{Kind: core.OpInsert, Coll: "_kinds", Doc: newAccount("kind_2")}); !core.Is(err, core.Conflict) {
		t.Errorf("the same number again: %v", err)
	}
}

// testEnsureSearch has a field that is searched, not any more, and again: what it held
// meanwhile is found, and what it held before is not.
func testEnsureSearch(t *testing.T, d *documents) {
	s := d.store(t)
	a := newArticle("art_1", day(1))
	a.Title = "before"
	insert(t, s, "articles", a)
	without := specs()
	without[0].Search = nil
	if err := s.Ensure(deadline(t), without); err != nil {
		t.Fatal(err)
	}
	write(t, s, update("articles", core.Eq("_id", "art_1"), core.Set("title", "meanwhile")))
	if err := s.Ensure(deadline(t), specs()); err != nil {
		t.Fatal(err)
	}
	if before, meanwhile := count(t, s, "articles", core.Search("before")), count(t, s, "articles", core.Search("meanwhile")); before != 0 || meanwhile != 1 {
		t.Errorf("%d and %d found, want 0 and 1", before, meanwhile)
	}
}

// testEnsureTwice makes a field unique in which two documents hold the same.
func testEnsureTwice(t *testing.T, d *documents) {
	all := specs()
	s := d.storeFor(t, all[2:])
	plain := core.Spec{Name: "accounts", Prefix: "acc"}
	for _, f := range all[1].Fields {
		f.Unique = false
		plain.Fields = append(plain.Fields, f)
	}
	if err := s.Ensure(deadline(t), []core.Spec{plain}); err != nil {
		t.Fatal(err)
	}
	a, b := newAccount("acc_1"), newAccount("acc_2")
	a.Name, b.Name = ptr("ada"), ptr("ada")
	insert(t, s, "accounts", a, b)
	var e *core.Error
	if err := s.Ensure(deadline(t), all); !errors.As(err, &e) || e.Code != core.Conflict ||
		!strings.Contains(e.Message, `"accounts"`) || !strings.Contains(e.Message, "same name") {
		t.Errorf("got %v", err)
	}
	write(t, s, update("accounts", core.Eq("_id", "acc_2"), core.Set("name", "bob")))
	if err := s.Ensure(deadline(t), all); err != nil {
		t.Errorf("after the mending: %v", err)
	}
	if n := count(t, s, "accounts", core.All); n != 2 {
		t.Errorf("%d accounts, want 2", n)
	}
}

// testDecodeMap reads documents of which no struct is known.
func testDecodeMap(t *testing.T, d *documents) {
	s := d.store(t)
	a := newArticle("art_1", day(1))
	a.Views, a.Small, a.Score, a.Pinned = 1<<40, 7, ptr(0.5), ptr(true)
	a.Price = value.MustDecimal("19.90")
	a.Tags, a.Links, a.Cover = []string{"go"}, []cover{{URL: "u"}}, &cover{Width: 3}
	insert(t, s, "articles", a)
	for doc, err := range s.Find(deadline(t), "articles", core.Query{Limit: 1}) {
		if err != nil {
			t.Fatal(err)
		}
		m := map[string]any{}
		if err := doc.Decode(&m); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]any{
			"_id": "art_1", "status": "DRAFT", "views": int64(1 << 40), "small": int32(7), "score": 0.5, "pinned": true, "slug": nil,
		} {
			if m[name] != want {
				t.Errorf("%s is %#v, want %#v", name, m[name], want)
			}
		}
		if date, ok := m["date"].(interface{ Time() time.Time }); !ok || !date.Time().Equal(day(1)) {
			t.Errorf("date is %#v", m["date"])
		}
		if price, ok := m["price"].(interface {
			BigInt() (*big.Int, int, error)
			String() string
		}); !ok || price.String() != "19.90" {
			t.Errorf("price is %#v", m["price"])
		}
		if tags := reflect.ValueOf(m["tags"]); tags.Kind() != reflect.Slice || tags.Len() != 1 || tags.Index(0).Interface() != "go" {
			t.Errorf("tags is %#v", m["tags"])
		}
		if c := reflect.ValueOf(m["cover"]); c.Kind() != reflect.Map {
			t.Errorf("cover is %#v", m["cover"])
		}
		if l := reflect.ValueOf(m["links"]); l.Kind() != reflect.Slice || reflect.ValueOf(l.Index(0).Interface()).Kind() != reflect.Map {
			t.Errorf("links is %#v", m["links"])
		}
	}
}
