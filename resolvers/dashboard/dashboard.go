// Package dashboard answers dashboardSchema: what a page that manages the documents of a
// project must know of its types. It reads the schema with all its directives, joins it
// with the rules of core, and gives each caller what is theirs.
package dashboard

import (
	"io/fs"
	"sync"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph/model"
)

// Dashboard describes the types of one App.
type Dashboard struct {
	// answers are made once, when somebody asks: what the rules let somebody do with a
	// type depends on the role alone.
	answers func() (map[core.Role]*model.DashboardSchema, error)
}

// New describes the types of a schema: *.graphqls files with all its directives, and how
// core describes the stored types, by their names.
func New(schema fs.FS, specs func(typ string) (core.Spec, bool)) *Dashboard {
	return &Dashboard{sync.OnceValues(func() (map[core.Role]*model.DashboardSchema, error) {
		types, err := read(schema, specs)
		if err != nil {
			return nil, err
		}
		answers := map[core.Role]*model.DashboardSchema{}
		for _, role := range []core.Role{core.Member, core.Author, core.Editor, core.Admin} {
			answers[role] = types.as(core.Principal{UserID: "somebody", Role: role})
		}
		return answers, nil
	})}
}

// Schema is what p may see and change; nil for visitors and API keys, which are no people, and
// when p may change nothing but the own account. It is shared, and must not be changed.
func (d *Dashboard) Schema(p core.Principal) (*model.DashboardSchema, error) {
	if !p.SignedIn() || p.KeyID != "" {
		return nil, nil
	}
	answers, err := d.answers()
	return answers[p.Role], err
}
