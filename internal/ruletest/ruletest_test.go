package ruletest

import (
	"slices"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph"
	basemodel "github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/resolvers"
)

// base is the schema that every project has, with guards of the test's own, by
// type and field.
func base(guards map[string][]core.Rule) Project {
	p := Project{Specs: basemodel.Specs(), Schema: func(app *core.App) graphql.ExecutableSchema {
		return graph.NewExecutableSchema(graph.Config{Resolvers: resolvers.New(app)})
	}}
	for _, spec := range p.Specs {
		for i, a := range spec.Attributes {
			if guard, ok := guards[spec.Type+"."+a.Name]; ok {
				spec.Attributes[i].Guard = guard
			}
		}
	}
	return p
}

// try carries out one check of a model's table for every caller.
func try(t *testing.T, p Project, tables []Table, name string, check func(*run, string)) []string {
	t.Helper()
	s, err := newSuite(p, tables)
	if err != nil {
		t.Fatal(err)
	}
	if s.files, err = openFiles(t); err != nil {
		t.Fatal(err)
	}
	r := newRun(t, s, s.named(name), p.Specs, false)
	for caller := range strings.FieldsSeq(Everybody) {
		check(r, caller)
	}
	return r.failures
}

// No schema of ours guards a field that lists are ordered by or searched for.
func TestOrderAndSearchByGuardedField(t *testing.T) {
	t.Parallel()
	tables := Base()
	posts := slices.IndexFunc(tables, func(t Table) bool { return t.Model == "Post" })
	tables[posts].Guards = map[string]Guard{"title": {Read: Allow{"*": "admin"}, Name: "admin"}}
	admins := []core.Rule{{Verbs: core.AnyVerb, Role: core.Admin}}
	for _, f := range try(t, base(map[string][]core.Rule{"Post.title": admins}), tables, "Post", (*run).namesGuards) {
		t.Error(f)
	}
	// Without the guard each of the ways is noticed.
	failures := strings.Join(try(t, base(nil), tables, "Post", (*run).namesGuards), "\n")
	for _, way := range []string{"where: {title: ", "where: {not: ", "where: {or: ", "where: {and: ", "orderBy: {field: TITLE}", `search: "`} {
		for caller := range strings.FieldsSeq("visitor stranger owner author editor") {
			if !strings.Contains(failures, caller+" may ask { posts("+way) {
				t.Errorf("it is not noticed that %s may ask %s", caller, way)
			}
		}
	}
}

// A rule of a guard that allows writing alone does not let anybody read, or ask.
func TestGuardForWritingAlone(t *testing.T) {
	t.Parallel()
	tables := Base()
	users := slices.IndexFunc(tables, func(t Table) bool { return t.Model == "User" })
	tables[users].Guards["email"] = Guard{Read: Allow{"*": "admin"}, Name: "admin"}
	write := []core.Rule{{Verbs: core.Create | core.Update}, {Verbs: core.AnyVerb, Role: core.Admin}}
	p := base(map[string][]core.Rule{"User.email": write})
	for _, check := range []func(*run, string){(*run).reads, (*run).namesGuards} {
		for _, f := range try(t, p, tables, "User", check) {
			t.Error(f)
		}
	}
}

func TestGaps(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[string]func(*[]Table){
		"": func(*[]Table) {},
		"Asset has no table": func(list *[]Table) {
			*list = slices.DeleteFunc(*list, func(t Table) bool { return t.Model == "Asset" })
		},
		"Post: no write of the table stands for DELETE": func(list *[]Table) {
			for i, t := range *list {
				(*list)[i].Writes = slices.DeleteFunc(t.Writes, func(w Write) bool { return t.Model == "Post" && w.Verb == core.Delete })
			}
		},
		"User: the table says nothing of the guarded field email": func(list *[]Table) {
			for _, t := range *list {
				delete(t.Guards, "email")
			}
		},
		`Asset: Read names the caller "edtor", whom there is not`: func(list *[]Table) {
			for _, t := range *list {
				if t.Model == "Asset" {
					t.Read["private"] = "edtor"
				}
			}
		},
	} {
		tables := Base()
		spoil(&tables)
		s, err := newSuite(base(nil), tables)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(s.gaps(), "; "); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Records are reached through embedded values and singletons, too.
func TestLinks(t *testing.T) {
	t.Parallel()
	s, err := newSuite(base(nil), Base())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"User":  "Post.author Asset.owner ApiKey.user ApiKey.createdBy Invitation.invitedBy",
		"Post":  "Site.navigation.post",
		"Page":  "Site.navigation.page",
		"Asset": "User.avatar Post.cover Site.logo Site.favicon",
	} {
		var got []string
		for _, l := range s.named(name).links {
			got = append(got, l.from.spec.Type+"."+l.String())
		}
		if got := strings.Join(got, " "); got != want {
			t.Errorf("%s is reached by %s, want %s", name, got, want)
		}
	}
}
