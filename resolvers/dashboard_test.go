package resolvers_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/grapnel/grapnel/graph/model"
)

// described is what the server tells a user of its types; nil for null.
func (a *api) described(as string) *model.DashboardSchema {
	a.t.Helper()
	out := a.do(as, dashboardQuery, nil)
	var answer struct {
		Data   struct{ DashboardSchema *model.DashboardSchema }
		Errors []any
	}
	if err := json.Unmarshal([]byte(out), &answer); err != nil || len(answer.Errors) > 0 {
		a.t.Fatalf("%v: %s", err, out)
	}
	return answer.Data.DashboardSchema
}

// dashboardQuery selects all that there is.
const dashboardQuery = `query {
  dashboardSchema {
    types {
      name label labels description group order hidden singleton title owner one list search
      orders { value field } defaultOrder defaultDirection changed read create update delete
      createMutation updateMutation deleteMutation rules
      actions { name label description payload versioned fields { ...F } }
      fields { ...F }
    }
    embedded { name label description fields { ...F } }
    enums { name label description values { value label description } }
  }
}
fragment F on DashboardField {
  name input filter operators kind of list required nullable default label description group position widget hidden listed bulk unique readable onCreate onUpdate
  constraint { minLength maxLength pattern format min max exclusiveMin exclusiveMax multipleOf minItems maxItems uniqueItems }
}`

// The page of each role has what its rules allow.
func TestDashboardRights(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for as, want := range map[string]string{
		"member": "Asset SOME OWN OWN OWN - updateAsset deleteAsset, Page SOME NONE NONE NONE - - -, Post SOME NONE NONE NONE - - -, User ALL NONE OWN NONE - updateUser -",
		"author": "Asset SOME OWN OWN OWN - updateAsset deleteAsset, Page SOME NONE NONE NONE - - -, Post SOME OWN OWN OWN createPost updatePost deletePost, User ALL NONE OWN NONE - updateUser -",
		"editor": "Asset SOME OWN SOME SOME - updateAsset deleteAsset, Page ALL ALL ALL ALL createPage updatePage deletePage, Post ALL ALL ALL ALL createPost updatePost deletePost, User ALL NONE OWN NONE - updateUser -",
		"admin":  "Asset SOME OWN SOME SOME - updateAsset deleteAsset, Page ALL ALL ALL ALL createPage updatePage deletePage, Post ALL ALL ALL ALL createPost updatePost deletePost, User ALL NONE ALL NONE - updateUser -",
	} {
		var types []string
		for _, d := range a.described(as).Types {
			name := func(s *string) string {
				if s == nil {
					return "-"
				}
				return *s
			}
			types = append(types, fmt.Sprintf("%s %s %s %s %s %s %s %s", d.Name, d.Read, d.Create, d.Update, d.Delete, name(d.CreateMutation), name(d.UpdateMutation), name(d.DeleteMutation)))
		}
		if got := strings.Join(types, ", "); got != want {
			t.Errorf("%s:\n got %s\nwant %s", as, got, want)
		}
	}
	if got := a.do("", dashboardQuery, nil); got != `{"data":{"dashboardSchema":null}}` {
		t.Errorf("a visitor is answered %s", got)
	}
}
