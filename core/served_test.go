package core_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/storage/sqlite"
)

// callers are one of each kind.
var callers = map[string]core.Principal{
	"visitor": {},
	"member":  {UserID: "user_me", Role: core.Member},
	"author":  {UserID: "user_me", Role: core.Author},
	"editor":  {UserID: "user_me", Role: core.Editor},
	"system":  core.PrincipalOf(core.AsSystem(context.Background())),
}

// TestServedShapes explains every list that core calls served: SQLite walks the index
// that core has named, sorts nothing, and looks through no table. What an owner keeps
// from members may be sorted, for it is little.
func TestServedShapes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	docs := w.docs.(*sqlite.Store)
	specs, err := core.CompleteSpecs(model.Specs())
	if err != nil {
		t.Fatal(err)
	}
	now, served := time.Now(), 0
	for _, name := range []string{"posts", "assets", "users"} {
		spec := specs[name]
		for caller, p := range callers {
			for text, where := range shapes(spec) {
				for _, order := range orders(spec) {
					q, problem := spec.PlanList(p, now, where, order)
					if problem != "" || q.Filter.Op == core.OpNone {
						continue
					}
					served++
					sql, steps, err := docs.Explain(t.Context(), name, q)
					if err != nil {
						t.Fatal(err)
					}
					plan := strings.Join(steps, "\n")
					if strings.Contains(plan+"\n", "SCAN c\n") || strings.Count(plan, "TEMP B-TREE") > sortable(q) {
						t.Fatalf("%s for a %s where %s, ordered by %v:\n%s\n%s", name, caller, text, order, sql, plan)
					}
				}
			}
		}
	}
	if served < 1000 {
		t.Errorf("only %d shapes are served", served)
	}
	t.Logf("%d shapes", served)
}

// TestServedCounts explains counts of such lists: each arm is led by an index, or found
// by an id or a unique value, and no document is read of which the index has all that
// is tested.
func TestServedCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	docs := w.docs.(*sqlite.Store)
	specs, err := core.CompleteSpecs(model.Specs())
	if err != nil {
		t.Fatal(err)
	}
	now, walks, cheap := time.Now(), 0, map[string]bool{}
	for _, name := range []string{"posts", "assets", "users"} {
		for caller, p := range callers {
			for text, where := range shapes(specs[name]) {
				q := specs[name].PlanCount(p, now, where)
				few := true // also where nothing can match
				for _, a := range q.Arms {
					sql, steps, err := docs.ExplainCount(t.Context(), name, core.Query{Filter: a.Filter, Arms: []core.Arm{a}})
					if err != nil {
						t.Fatal(err)
					}
					plan := strings.Join(steps, "\n") + "\n"
					want, fetch := "", "SEARCH c USING INTEGER PRIMARY KEY"
					if a.Index != nil {
						walks++
						want = walk(name, a)
					}
					if !covers(a) {
						few = few && (a.Index == nil || strings.Contains(plan, "x_date>?"))
						want, fetch = strings.ReplaceAll(want, "COVERING ", ""), "TEMP B-TREE"
					}
					if !strings.Contains(plan, want) || strings.Contains(plan, fetch) || strings.Contains(plan, "TEMP B-TREE") {
						t.Fatalf("%s for a %s where %s: no %q\n%s\n%s", name, caller, text, want, sql, plan)
					}
				}
				if few {
					cheap[name+" "+caller+" "+text] = true
				}
			}
		}
	}
	if walks < 1000 {
		t.Errorf("only %d walks", walks)
	}
	// What is asked for most costs index entries, and what is still to come.
	for caller := range callers {
		for _, text := range []string{"", "authorId", "authorId in", "status", "tags", "date lt", "authorId and date lt"} {
			if !cheap["posts "+caller+" "+text] {
				t.Errorf("a count of posts for a %s where %q reads documents", caller, text)
			}
		}
	}
	t.Logf("%d walks, %d cheap counts", walks, len(cheap))
}

// walk is what SQLite says when it walks the index of an arm alone.
func walk(coll string, a core.Arm) string {
	switch {
	case len(a.Index) == 0:
		return "COVERING INDEX sqlite_autoindex_c_" + coll + "_1"
	case a.Index[0] == "tags":
		return "SEARCH s USING PRIMARY KEY (v=?"
	}
	return "COVERING INDEX i_" + coll + "$" + strings.Join(a.Index, "$")
}

// covers reports whether the index of an arm has all that it tests.
func covers(a core.Arm) bool {
	all := true
	a.Filter.Walk(func(f core.Filter) {
		all = all && (f.Field == "" || f.Field == "_id" || slices.Contains(a.Index, f.Field))
	})
	return all
}

// sortable is how many arms of a query find so little that it may be sorted.
func sortable(q core.Query) (n int) {
	for _, a := range q.Arms {
		if a.Index == nil || len(a.Index) == 1 && strings.HasPrefix(a.Index[0], "_own_") {
			n++
		}
	}
	return n
}

// shapes are conditions on each field of a type, and on pairs of them.
func shapes(spec core.Spec) map[string]core.Filter {
	one := map[string]core.Filter{}
	for _, f := range spec.Fields {
		if f.Hidden {
			continue
		}
		v := map[core.Kind]any{core.String: "a", core.Int: 1, core.Time: time.Unix(0, 0), core.Bool: true}[f.Kind]
		one[f.Name] = core.Eq(f.Name, v)
		one[f.Name+" in"] = core.Filter{Op: core.OpIn, Field: f.Name, Value: []any{core.Eq(f.Name, v).Value, core.Eq(f.Name, v).Value}}
		if !f.Array {
			one[f.Name+" lt"] = core.Lt(f.Name, v)
			one[f.Name+" null"] = core.Eq(f.Name, nil)
		}
	}
	all := map[string]core.Filter{"": core.All}
	for a, f := range one {
		all[a] = f
		for b, g := range one {
			if a < b && !strings.Contains(a, " ") && (!strings.Contains(b, " ") || strings.HasSuffix(b, " lt")) {
				all[a+" and "+b] = core.And(f, g)
			}
		}
		all[a+" or title"] = core.Or(f, core.Eq("createdAt", time.Unix(1, 0)))
	}
	return all
}

// orders are by each field of a type, both ways.
func orders(spec core.Spec) (all [][]core.Order) {
	all = append(all, nil)
	for _, f := range spec.Fields {
		if !f.Array && !f.Hidden {
			all = append(all, by(f.Name), by("-"+f.Name))
		}
	}
	return all
}

// What core itself asks, whoever calls, is led by the field that finds it.
func TestOwnQueries(t *testing.T) {
	t.Parallel()
	specs, err := core.CompleteSpecs(model.Specs())
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		coll, field string
		query       core.Query
	}{
		{"posts", "slug", core.DueSlug("a", time.Now())},
		{"assets", "deadline", core.StaleUploads(time.Now())},
		{"mails", "nextAttemptAt", core.Outbox()},
		{"_challenges", "userId", core.UnusedResets("user_a", time.Now())},
	} {
		spec := specs[test.coll]
		for _, a := range spec.Plan(test.query) {
			led := a.Index
			if len(led) > 0 && led[0] == "_audience" { // which types have that others than administrators read
				led = led[1:]
			}
			if len(led) == 0 || led[0] != test.field {
				t.Errorf("%s: an arm walks %q", test.coll, a.Index)
			}
		}
	}
}

// What the rules hide is not walked past: the page of a visitor, and of a member, is
// led by who may read it.
func TestHiddenIsNotWalked(t *testing.T) {
	t.Parallel()
	specs, err := core.CompleteSpecs(model.Specs())
	if err != nil {
		t.Fatal(err)
	}
	looked := 0
	for _, where := range []core.Filter{core.All, core.Eq("tags", "a"), core.Eq("authorId", "user_you"), core.Search("word")} {
		for _, order := range [][]core.Order{nil, by("-date"), by("createdAt"), by("title"), by("-updatedAt")} {
			for caller, leads := range map[string][]string{"visitor": {"_audience"}, "member": {"_audience", "_own_authorId"}} {
				q, problem := specs["posts"].PlanList(callers[caller], time.Now(), where, order)
				if problem != "" {
					continue
				}
				looked++
				if where.Field == "authorId" {
					leads = leads[:1] // nothing of mine is another's
				}
				if len(q.Arms) != len(leads) {
					t.Errorf("%s, %v %v: %d arms", caller, where, order, len(q.Arms))
					continue
				}
				for i, a := range q.Arms {
					if !strings.Contains(fmt.Sprint(a.Index), leads[i]) {
						t.Errorf("%s, %v %v: arm %d walks %q", caller, where, order, i, a.Index)
					}
				}
			}
		}
	}
	if looked < 20 {
		t.Errorf("only %d lists are served", looked)
	}
}
