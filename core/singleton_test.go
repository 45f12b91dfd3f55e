package core_test

import (
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/grapnel/grapnel/core"
)

// The one document is made at the first start, by one of several servers, keeps what was
// written at the next ones, and gets the defaults of fields that are declared later.
func TestSingleton(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	type Bare struct {
		core.Head `bson:",inline"`
		Title     string `bson:"title"`
	}
	type menu struct {
		Bare `bson:",inline"`
		Size int64 `bson:"size"`
	}
	size := core.Attribute{Name: "size", Kind: core.Int, Required: true, Default: int64(3)}
	spec := func(singleton bool, more ...core.Attribute) core.Spec {
		return core.Spec{
			Type: "Menu", Name: "menus", Prefix: "menu", Singleton: singleton, New: func() any { return new(Bare) }, Rules: []core.Rule{{Verbs: core.AnyVerb}},
			Attributes: append([]core.Attribute{{Name: "title", Required: true, Default: "A menu"}}, more...),
		}
	}
	all := func() (menus []menu) {
		for doc, err := range y.docs.Find(t.Context(), "menus", core.Query{Limit: 10, Order: []core.Order{{Field: "_id"}}}) {
			var s menu
			if err = errors.Join(err, doc.Decode(&s)); err != nil {
				t.Fatal(err)
			}
			menus = append(menus, s)
		}
		return menus
	}
	var servers sync.WaitGroup
	for range 4 {
		servers.Go(func() {
			m := y.plan(t, []core.Spec{spec(true)})
			if err := m.Apply(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	servers.Wait()
	first := all()
	if len(first) != 1 || first[0].ID != "menu_only" || first[0].Version != 1 || first[0].CreatedAt.IsZero() || first[0].Title != "A menu" {
		t.Fatalf("made %+v", first)
	}
	if err := y.docs.Write(t.Context(), core.Op{Kind: core.OpUpdate, Coll: "menus", Filter: core.Eq("_id", "menu_only"), Patch: core.Patch{core.Set("title", "Mine")}}); err != nil {
		t.Fatal(err)
	}
	y.mustStart(t, spec(true, size))
	if got := all(); len(got) != 1 || got[0].Title != "Mine" || got[0].Size != 3 || !got[0].CreatedAt.Equal(first[0].CreatedAt) {
		t.Errorf("at the next start %+v", got)
	}

	// A type of many becomes one of one: its documents stay, and the log says so.
	y.mustStart(t, spec(false, size))
	y.insert(t, "menus", values{"title": "Another", "size": int64(1)})
	if m := y.plan(t, []core.Spec{spec(true, size)}); len(m.Warnings) != 1 || !contains(m.Warnings[0], "There is only one Menu from now on", "2 documents are kept", "menu_only") {
		t.Errorf("warned of %q", m.Warnings)
	}
	app, err := y.open(t, spec(true, size))
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	core.NewModel[menu](app, "menus")
	if nodes, err := app.Nodes(t.Context(), []string{"menu_only", "menu_001"}); err != nil || nodes[0] == nil || nodes[1] != nil {
		t.Errorf("by their ids: %v, %v", nodes, err)
	}
	if got := all(); len(got) != 2 || !strings.Contains(y.log.String(), "nobody will see any but menu_only") {
		t.Errorf("afterwards %+v\n%s", got, y.log.String())
	}
	if m := y.plan(t, []core.Spec{spec(true, size)}); !reflect.DeepEqual(m.Warnings, []string(nil)) {
		t.Errorf("warned again of %q", m.Warnings)
	}
}
