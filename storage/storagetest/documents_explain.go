package storagetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
)

// Explanation is how a store has carried out a query.
type Explanation struct {
	// Sorts: it sorts what it finds, beyond merging walks that are in order.
	Sorts bool
	// Examined is how many documents it has looked at, or pages of them.
	Examined int
	// Text is for who reads a failure.
	Text string
}

// Explain gives the suite a way to see how the store carries out a list, or a count.
// Without it, what a list costs is not tested.
func Explain(explain func(t *testing.T, store core.DocStore, coll string, q core.Query, count bool) Explanation) Option {
	return func(d *documents) { d.explain = explain }
}

// picture is a file that stories show.
const picture = "asset_01930d5f-0000-7000-8000-000000000001"

// story is a type of which rules hide most from most.
type story struct {
	core.Head `bson:",inline"`
	Title     string    `bson:"title"`
	Status    string    `bson:"status"`
	Author    string    `bson:"author"`
	Tags      []string  `bson:"tags"`
	Date      time.Time `bson:"date"`
	Text      string    `bson:"text"`
}

func storySpecs(t *testing.T) []core.Spec {
	all, err := core.CompleteSpecs([]core.Spec{{Name: "users", Prefix: "user"}, {Name: "posts", Prefix: "post"}, {Name: "assets", Prefix: "asset"}, {Name: "mails", Prefix: "mail"}, {Name: "apiKeys", Prefix: "apikey"}, {Name: "invitations", Prefix: "invitation", Fields: []core.Field{{Name: "email"}}}, {
		Type: "Story", Name: "stories", Prefix: "sto", New: func() any { return &story{} },
		Attributes: []core.Attribute{{Name: "date", Kind: core.Time, Required: true}, {Name: "text"}},
		Fields: []core.Field{
			{Name: "title"}, {Name: "status"}, {Name: "author"}, {Name: "tags", Array: true}, {Name: "date", Kind: core.Time}, {Name: "createdAt", Kind: core.Time},
		},
		Indexes: [][]string{{"createdAt"}, {"date"}, {"title"}, {"status", "date"}, {"author", "date"}, {"tags", "date"}},
		Search:  []string{"title"},
		Rules: []core.Rule{
			{Verbs: core.Read, Where: core.And(core.Eq("status", "OUT"), core.Lte("date", core.Now{}))},
			{Verbs: core.Read, Owner: "author"},
			{Verbs: core.AnyVerb, Role: core.Editor},
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return []core.Spec{all["stories"]}
}

// testExplain explains every list and count of stories that is served, for a visitor, a
// member and an editor: none sorts, none looks at more than twice what it answers and a
// few, however many drafts of others are newer, older and between.
func testExplain(t *testing.T, d *documents) {
	if d.explain == nil {
		t.Skip("the adapter does not tell how it carries out a query")
	}
	specs := storySpecs(t)
	spec, s := specs[0], d.storeFor(t, specs)
	now := core.Millis(time.Now())
	stories, order := 400, rand.New(rand.NewPCG(1, 2)).Perm(400) // neighbours in an index are none in the store
	for part := range slices.Chunk(order, 100) {
		var ops []core.Op
		for _, i := range part {
			at := now.Add(time.Duration(i-stories) * time.Minute)
			doc := &story{
				Head:  core.Head{ID: fmt.Sprintf("sto_%04d", i), Version: 1, CreatedAt: at, UpdatedAt: at},
				Title: fmt.Sprintf("title %04d word%d", i, i%7), Status: "DRAFT", Author: []string{"you", "they"}[i%2], Tags: []string{"all", []string{"a", "b"}[i%2]}, Date: at,
				Text: strings.Repeat("text ", 400),
			}
			if i%20 == 1 {
				doc.Text += "![](/files/" + picture + "/a.png)"
			}
			switch {
			case i%10 < 2 && i < stories/2: // the readable ones are the older
				doc.Status = "OUT"
			case i%50 == 3:
				doc.Author = "me"
			}
			if i >= stories/2 || i == 0 {
				doc.Title += " late"
			}
			id := core.Eq("_id", doc.ID)
			ops = append(ops, core.Op{Kind: core.OpInsert, Coll: spec.Name, Doc: doc}, core.Op{Kind: core.OpUpdate, Coll: spec.Name, Filter: id, Patch: spec.Hidden(doc)})
		}
		write(t, s, ops...)
	}
	callers := map[string]core.Principal{"visitor": {}, "member": {UserID: "me", Role: core.Member}, "reader": {UserID: "none", Role: core.Member}, "editor": {UserID: "me", Role: core.Editor}}
	wheres := map[string]core.Filter{
		"all": core.All, "a tag": core.Eq("tags", "all"), "another tag": core.Eq("tags", "a"), "an author": core.Eq("author", "you"), "mine": core.Eq("author", "me"),
		"authors": core.In("author", []string{"you", "they"}), "published": core.Eq("status", "OUT"), "drafts": core.Eq("status", "DRAFT"), "early": core.Lt("date", now.Add(-300*time.Minute)),
		"an author or a tag": core.Or(core.Eq("author", "you"), core.Eq("tags", "b")), "a title": core.Prefix("title", "title 00"), "an id": core.Eq("_id", "sto_0001"),
		"a file": core.Eq("_files", picture),
	}
	// A word that hidden stories hold, and one that is old.
	for name, p := range callers {
		if name == "editor" {
			continue // may read them all
		}
		for _, by := range [][]core.Order{nil, {{Field: "date", Desc: true}}, {{Field: "status"}}} {
			q, problem := spec.PlanList(p, now, core.Search("late"), by)
			found := find[story](t, s, spec.Name, q)
			if problem != "" || len(found) == 0 || found[len(found)-1].ID != "sto_0000" && found[0].ID != "sto_0000" {
				t.Fatalf("%s, late, ordered by %v: %d, %s", name, by, len(found), problem)
			}
			if e := d.explain(t, s, spec.Name, q, false); e.Examined > 2*len(found)+80 {
				t.Errorf("%s, late, ordered by %v: examines %d for %d\n%s", name, by, e.Examined, len(found), e.Text)
			}
		}
		q := spec.PlanCount(p, now, core.Search("late"))
		if e := d.explain(t, s, spec.Name, q, true); e.Examined > 100 {
			t.Errorf("the count for a %s, late: examines %d\n%s", name, e.Examined, e.Text)
		}
	}
	var orders [][]core.Order
	for _, f := range []string{"_id", "createdAt", "date", "title"} {
		orders = append(orders, []core.Order{{Field: f}}, []core.Order{{Field: f, Desc: true}})
	}
	lists, counts := 0, 0
	for name, p := range callers {
		for text, where := range wheres {
			for _, by := range orders {
				if by[0].Field == "_id" {
					by = nil
				}
				q, problem := spec.PlanList(p, now, where, by)
				if problem != "" || len(q.Arms) == 0 {
					continue
				}
				lists++
				found := len(find[story](t, s, spec.Name, q))
				e := d.explain(t, s, spec.Name, q, false)
				if !e.Sorts && e.Examined <= 2*found+10 || e.Sorts && few(q) && e.Examined <= 2*stories/50+2*found+10 {
					continue
				}
				t.Errorf("%s, %s, ordered by %v: sorts %t, examines %d for %d\n%s", name, text, by, e.Sorts, e.Examined, found, e.Text)
			}
			q := spec.PlanCount(p, now, where)
			if len(q.Arms) == 0 || text == "a title" || text == "a file" || strings.Contains(text, " or ") { // whose indexes lack what is tested
				continue
			}
			counts++
			n, err := s.Count(deadline(t), spec.Name, q)
			if err != nil {
				t.Fatal(err)
			}
			if e := d.explain(t, s, spec.Name, q, true); e.Sorts || e.Examined > int(n)/4+2*stories/50+10 {
				t.Errorf("the count for a %s, %s: sorts %t, examines %d for %d\n%s", name, text, e.Sorts, e.Examined, n, e.Text)
			}
		}
	}
	if lists < 100 || counts < 20 {
		t.Errorf("only %d lists and %d counts are served", lists, counts)
	}
}

// few reports whether some arm of a query finds what its owner hides, which may be
// sorted.
func few(q core.Query) bool {
	return slices.ContainsFunc(q.Arms, func(a core.Arm) bool {
		return a.Index == nil || len(a.Index) == 1 && strings.HasPrefix(a.Index[0], "_own_")
	})
}

// testFiles finds the stories that show a picture by the hidden field that lists it, which
// most stories do not have, for those who may read them.
func testFiles(t *testing.T, d *documents) {
	specs := storySpecs(t)
	spec, s := specs[0], d.storeFor(t, specs)
	now := core.Millis(time.Now())
	for i, v := range []struct{ status, author, text string }{
		{"OUT", "you", picture}, {"DRAFT", "me", picture}, {"DRAFT", "you", picture}, {"OUT", "me", "no picture"}, {"DRAFT", "me", "nor here"}, {"OUT", "me", picture + " " + picture},
	} {
		doc := &story{Head: core.Head{ID: fmt.Sprintf("sto_%d", i), Version: 1, CreatedAt: now, UpdatedAt: now}, Status: v.status, Author: v.author, Text: v.text, Date: now.Add(-time.Hour)}
		write(t, s, core.Op{Kind: core.OpInsert, Coll: spec.Name, Doc: spec.Whole(doc)})
	}
	list := func(p core.Principal) (ids []string) {
		t.Helper()
		q, problem := spec.PlanList(p, now, core.Eq("_files", picture), nil)
		if problem != "" {
			t.Error(problem)
		}
		for _, doc := range find[story](t, s, spec.Name, q) {
			ids = append(ids, doc.ID)
		}
		return ids
	}
	me, editor := core.Principal{UserID: "me", Role: core.Member}, core.Principal{UserID: "they", Role: core.Editor}
	for _, test := range []struct {
		p    core.Principal
		want []string
	}{
		{core.Principal{}, []string{"sto_0", "sto_5"}}, {me, []string{"sto_0", "sto_1", "sto_5"}}, {editor, []string{"sto_0", "sto_1", "sto_2", "sto_5"}},
	} {
		if got := list(test.p); !slices.Equal(got, test.want) {
			t.Errorf("%+v: %v, want %v", test.p, got, test.want)
		}
	}
	write(t, s, update(spec.Name, core.Eq("_id", "sto_0"), core.Set("_files", nil)), update(spec.Name, core.Eq("_id", "sto_4"), core.Set("_files", []string{picture})))
	if got := list(editor); !slices.Equal(got, []string{"sto_1", "sto_2", "sto_4", "sto_5"}) {
		t.Errorf("after a change: %v", got)
	}
}
