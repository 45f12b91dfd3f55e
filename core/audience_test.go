package core_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph/model"
)

// paper is a document with all that rules may look at.
type paper struct {
	core.Head `bson:",inline"`
	State     string    `bson:"state"`
	Due       time.Time `bson:"due"`
	WriterID  string    `bson:"writerId"`
	EditorID  string    `bson:"editorId"`
}

func paperSpec(rules ...core.Rule) core.Spec {
	return core.Spec{
		Type: "Paper", Name: "papers", Prefix: "paper", Live: true,
		New: func() any { return new(paper) },
		Attributes: []core.Attribute{
			{Name: "state", Kind: core.String}, {Name: "due", Kind: core.Time}, {Name: "writerId", Kind: core.String}, {Name: "editorId", Kind: core.String},
		},
		Fields:  []core.Field{{Name: "state"}, {Name: "due", Kind: core.Time}, {Name: "writerId"}, {Name: "editorId"}},
		Indexes: [][]string{{"due"}, {"state", "due"}, {"writerId", "due"}},
		Rules:   rules,
	}
}

// ruleSets are kinds of rules: what they hold constant, and what only the clock or the
// caller tells.
func ruleSets() [][]core.Rule {
	out, late := core.Eq("state", "OUT"), core.Lte("due", core.Now{})
	return [][]core.Rule{
		{{Verbs: core.Read}},
		{{Verbs: core.Read, Owner: "writerId"}},
		{{Verbs: core.Read, Where: out}},
		{{Verbs: core.Read, Where: core.And(out, late)}, {Verbs: core.Read, Owner: "writerId"}, {Verbs: core.AnyVerb, Role: core.Editor}},
		{{Verbs: core.Read, Where: core.Or(out, late)}, {Verbs: core.Read, Owner: "writerId"}},
		{{Verbs: core.Read, Where: core.Not(core.And(out, late))}, {Verbs: core.Read, Owner: "editorId", Where: core.Ne("state", "GONE")}},
		{{Verbs: core.Read, Role: core.Member, Where: core.In("state", []string{"OUT", "NEW"})}, {Verbs: core.Read, Role: core.Author, Where: core.Ne("state", "GONE")},
			{Verbs: core.Read, Owner: "writerId"}, {Verbs: core.Read, Owner: "editorId", Where: late}},
		{{Verbs: core.Read, Role: core.Editor}, {Verbs: core.Read, Owner: "writerId"}},
	}
}

// Lists by the hidden fields hold what the rules allow and nothing else, whoever asks,
// in whatever order, after writes and when rules have changed.
func TestAudience(t *testing.T) {
	t.Parallel()
	now := time.Now()
	var papers []*paper
	pick := rand.New(rand.NewPCG(1, 2))
	for i := range 60 {
		papers = append(papers, &paper{
			Head:  core.Head{ID: fmt.Sprintf("paper_%02d", i), Version: 1},
			State: []string{"OUT", "NEW", "GONE"}[pick.IntN(3)], Due: core.Millis(now.Add(time.Duration(pick.IntN(9)-4) * time.Hour)),
			WriterID: []string{"", "user_me", "user_you"}[pick.IntN(3)], EditorID: []string{"", "user_me"}[pick.IntN(2)],
		})
	}
	y := newYard(t)
	y.mustStart(t, paperSpec())
	for _, p := range papers { // without hidden fields, as an older release left them
		if err := y.docs.Write(t.Context(), core.Op{Kind: core.OpInsert, Coll: "papers", Doc: p}); err != nil {
			t.Fatal(err)
		}
	}
	for i, rules := range ruleSets() {
		spec := paperSpec(rules...)
		y.mustStart(t, spec)
		specs, err := core.CompleteSpecs(append(model.Specs(), spec))
		if err != nil {
			t.Fatal(err)
		}
		for caller, p := range callers {
			for _, where := range []core.Filter{core.All, core.Eq("state", "OUT"), core.Or(core.Eq("writerId", "user_me"), core.Eq("state", "NEW"))} {
				for _, order := range [][]core.Order{nil, by("due"), by("-due")} {
					q, _ := specs["papers"].PlanList(p, now, where, order)
					q.Limit = 100
					var want, got []string
					for _, d := range papers {
						if q.Filter.Match(d, nil) {
							want = append(want, d.ID)
						}
					}
					if q.Filter.Op != core.OpNone {
						for doc, err := range y.docs.Find(t.Context(), "papers", q) {
							if err != nil {
								t.Fatal(err)
							}
							got = append(got, doc.ID())
						}
					}
					slices.Sort(got)
					if !slices.Equal(got, want) {
						t.Errorf("rules %d, %s, where %v by %v:\ngot  %q\nwant %q", i, caller, where, order, got, want)
					}
				}
			}
		}
	}
}
