package seed_test

import (
	"reflect"
	"testing"

	"github.com/grapnel/grapnel/graph"
	"github.com/grapnel/grapnel/internal/seed"
	"github.com/grapnel/grapnel/resolvers"
)

// The site has a title, a menu and pages, made once however often the command runs.
func TestMenuAndPages(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	schema := graph.NewExecutableSchema(graph.Config{Resolvers: resolvers.New(app)})
	for range 2 {
		run(t, app, seed.Plan{Users: 1, Schema: schema})
	}
	type link struct {
		Label    string
		Page     *struct{ Slug string }
		Children []link
	}
	var got struct {
		Site struct {
			Title      string
			Version    int
			Navigation []link
		}
		Pages struct{ TotalCount int }
	}
	query := `{ site { title version navigation { label page { slug } children { label } } } pages { totalCount } }` // as a visitor
	if err := seed.Ask(t.Context(), schema, query, &got); err != nil {
		t.Fatal(err)
	}
	var slugs []string
	for _, l := range got.Site.Navigation {
		if l.Page != nil {
			slugs = append(slugs, l.Page.Slug)
		}
	}
	if got.Site.Title == "My site" || got.Site.Version != 2 || !reflect.DeepEqual(slugs, []string{"about", "contact"}) || len(got.Site.Navigation[0].Children) == 0 || got.Pages.TotalCount != 3 {
		t.Errorf("%+v", got)
	}
}
