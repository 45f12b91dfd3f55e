package resolvers_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/internal/web"
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
      preview uses createMutation createTells upload { name label description payload versioned tells fields { ...F } } updateMutation deleteMutation rules
      actions { name label description payload versioned tells when fields { ...F } }
      fields { ...F }
    }
    embedded { name label description fields { ...F } }
    enums { name label description values { value label description } }
  }
}
fragment F on DashboardField {
  name input filter operators kind of list required nullable default start label description group position widget hidden listed bulk unique readable onCreate onUpdate
  constraint { minLength maxLength pattern format min max exclusiveMin exclusiveMax multipleOf minItems maxItems uniqueItems }
}`

// The page of each role has what its rules allow.
func TestDashboardRights(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for as, want := range map[string]string{
		"member": "Post SOME NONE NONE NONE - - -, Page SOME NONE NONE NONE - - -, Asset SOME OWN OWN OWN - updateAsset deleteAsset, User ALL NONE OWN OWN - updateUser -, Site ALL NONE NONE NONE - - -, ApiKey OWN OWN OWN NONE createApiKey - -",
		"author": "Post SOME OWN OWN OWN createPost updatePost deletePost, Page SOME NONE NONE NONE - - -, Asset SOME OWN OWN OWN - updateAsset deleteAsset, User ALL NONE OWN OWN - updateUser -, Site ALL NONE NONE NONE - - -, ApiKey OWN OWN OWN NONE createApiKey - -",
		"editor": "Post ALL ALL ALL ALL createPost updatePost deletePost, Page ALL ALL ALL ALL createPage updatePage deletePage, Asset SOME OWN SOME SOME - updateAsset deleteAsset, User ALL NONE OWN OWN - updateUser -, Site ALL NONE NONE NONE - - -, ApiKey OWN OWN OWN NONE createApiKey - -",
		"admin":  "Post ALL ALL ALL ALL createPost updatePost deletePost, Page ALL ALL ALL ALL createPage updatePage deletePage, Asset SOME OWN SOME SOME - updateAsset deleteAsset, User ALL ALL ALL OWN createUser updateUser -, Invitation ALL ALL ALL NONE inviteUser - -, Site ALL NONE ALL NONE - updateSite -, Mail ALL NONE NONE NONE - - -, ApiKey ALL ALL ALL NONE createApiKey - -",
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

// The page knows where records stand on the site, and what lists where one is used.
func TestDashboardPreview(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	got := map[string]string{}
	for _, d := range a.described("editor").Types {
		for _, told := range []*string{d.Preview, d.Uses} {
			if told != nil {
				got[d.Name] += *told
			}
		}
	}
	want := map[string]string{"Post": "/posts/{id}", "Page": "/{slug}", "Asset": "usedBy"}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Of each type the page knows what its own resolvers, written by hand, take and give.
func TestDashboardOfGrapnel(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for as, want := range map[string]string{
		"member": `Replace asset file replaceAssetFile: file UPLOAD keepMetadata BOOLEAN. Revoke API key revokeApiKey: when {"revokedAt":{"eq":null}}.`,
		"author": `Publish post publishPost: at TIME from publishedAt. Unpublish post unpublishPost: when {"status":{"eq":"PUBLISHED"}}. Replace asset file replaceAssetFile: file UPLOAD keepMetadata BOOLEAN. Revoke API key revokeApiKey: when {"revokedAt":{"eq":null}}.`,
		"editor": `Publish post publishPost: at TIME from publishedAt. Unpublish post unpublishPost: when {"status":{"eq":"PUBLISHED"}}. Replace asset file replaceAssetFile: file UPLOAD keepMetadata BOOLEAN. Revoke API key revokeApiKey: when {"revokedAt":{"eq":null}}.`,
		"admin":  `Publish post publishPost: at TIME from publishedAt. Unpublish post unpublishPost: when {"status":{"eq":"PUBLISHED"}}. Replace asset file replaceAssetFile: file UPLOAD keepMetadata BOOLEAN. Set user role setUserRole: role ENUM from role. Suspend user suspendUser: when {"suspendedAt":{"eq":null}}. Unsuspend user unsuspendUser: when {"suspendedAt":{"ne":null}}. Set user password setUserPassword: password STRING. End user sessions endUserSessions:. Remove second factor removeSecondFactor:. Cancel invitation cancelInvitation: when {"and":[{"acceptedAt":{"eq":null}},{"cancelledAt":{"eq":null}}]}. Revoke API key revokeApiKey: when {"revokedAt":{"eq":null}}.`,
	} {
		s := a.described(as)
		var actions []string
		fields := map[string]*model.DashboardField{}
		for _, d := range s.Types {
			for _, f := range d.Fields {
				fields[d.Name+"."+f.Name] = f
			}
			if told := strings.Join(d.CreateTells, " "); told != map[string]string{"User": "password", "ApiKey": "key"}[d.Name] {
				t.Errorf("%s: a new %s tells %q", as, d.Name, told)
			}
			if (d.Upload != nil) != (d.Name == "Asset") || d.Upload != nil && (d.Upload.Name != "uploadAsset" || d.Upload.Payload != "asset" || d.Upload.Fields[0].Kind != model.DashboardKindUpload) {
				t.Errorf("%s: %s is made of a file by %+v", as, d.Name, d.Upload)
			}
			for _, act := range d.Actions {
				text := act.Label + " " + act.Name + ":"
				for _, f := range act.Fields {
					text += " " + f.Name + " " + string(f.Kind)
					if f.Start != nil {
						text += " from " + *f.Start
					}
				}
				if act.When != nil {
					text += " when " + string(*act.When)
				}
				actions = append(actions, text+".")
				if told := strings.Join(act.Tells, " "); (told == "password") != (act.Name == "setUserPassword") || told != "" && told != "password" {
					t.Errorf("%s tells %q", act.Name, told)
				}
				if act.Payload != strings.ToLower(d.Name[:1])+d.Name[1:] || !act.Versioned {
					t.Errorf("%s: %+v", as, act)
				}
			}
		}
		if got := strings.Join(actions, " "); got != want {
			t.Errorf("%s may\n%s, want\n%s", as, got, want)
		}
		imports, isAdmin := as == "editor" || as == "admin", as == "admin"
		for name, is := range map[string]bool{
			"Post.author": imports, "Post.createdAt": false, "Post.title": as != "member", "Post.status": false, "Post.version": false, "User.role": isAdmin, "Asset.filename": false,
		} {
			if fields[name].OnCreate != is {
				t.Errorf("%s makes one with %s: %v", as, name, !is)
			}
		}
		if got := fields["User.email"]; (got.Filter != nil) != isAdmin || (got.Readable == model.DashboardRightAll) != isAdmin || got.OnCreate != isAdmin || got.OnUpdate {
			t.Errorf("%s has %+v", as, got)
		}
		for _, name := range []string{"Site.language", "Site.timezone", "Page.slug"} {
			if got := fields[name]; got.Widget != nil {
				t.Errorf("%s has a text with a format on several lines: %+v", as, got)
			}
		}
		if got := fields["Asset.size"]; got.Widget == nil || *got.Widget != model.AdminWidgetBytes {
			t.Errorf("%s has %+v", as, got)
		}
		if got := fields["Asset.alt"]; !got.OnUpdate || !got.Nullable || got.Required {
			t.Errorf("%s has %+v", as, got)
		}
		if body := fields["Post.body"]; body.Default == nil || *body.Default != `""` || body.Widget == nil || *body.Widget != model.AdminWidgetMarkdown || !body.Bulk || body.Required || body.Nullable {
			t.Errorf("%s has %+v", as, body)
		}
	}
	var rules []string
	for _, d := range a.described("admin").Types {
		rules = append(rules, d.Rules...)
	}
	if got, want := strings.Join(rules, "\n"), `Everybody may read those whose status is PUBLISHED and date is at most now.
Users may read those whose author they are.
Authors, editors and admins may create, change and remove those whose author they are.
Editors and admins may read, create, change and remove all.
Everybody may read those whose status is PUBLISHED.
Editors and admins may read, create, change and remove all.
Everybody may read those whose visibility is PUBLIC and state is READY.
Users may read, create, change and remove those whose owner they are.
Editors and admins may read, change and remove those whose state is READY.
Everybody may read all.
Users may change and remove themselves.
Admins may change all.
Admins may read, create and change all.
Everybody may read it.
Admins may read and change it.
Admins may read all.
Users may read, create and change those whose user they are.
Admins may read, create and change all.`; got != want {
		t.Errorf("the rules are\n%s", got)
	}
}

// A server that hides its schema and runs trusted documents alone describes its types
// all the same.
func TestDashboardOfAClosedServer(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	const introspection = `{ __schema { types { name } } }`
	closed := a.another(web.Config{Production: true, Trusted: map[string]string{"dashboard": dashboardQuery, "introspection": introspection}})
	if got, want := closed(`{"documentId":"dashboard"}`), a.do("admin", dashboardQuery, nil); got != want {
		t.Errorf("got %s", got)
	}
	if got := closed(`{"documentId":"introspection"}`); !strings.Contains(got, "Introspection is turned off") {
		t.Errorf("introspection: %s", got)
	}
	if got := closed(`{"query":"{ dashboardSchema { types { name } } }"}`); !strings.Contains(got, "DOCUMENT_NOT_TRUSTED") {
		t.Errorf("another document: %s", got)
	}
}

// another is a second server of the same App, which answers what an admin posts.
func (a *api) another(cfg web.Config) (post func(body string) string) {
	cfg.Schema, cfg.Authenticate, cfg.Limits.ReadTime = a.schema, a.app.Sessions.Authenticate, time.Hour
	server, err := web.New(cfg)
	if err != nil {
		a.t.Fatal(err)
	}
	a.t.Cleanup(func() { _ = server.Shutdown(a.t.Context()) })
	return func(body string) string {
		r := httptest.NewRequestWithContext(a.t.Context(), http.MethodPost, "/graphql", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+a.tokens["admin"])
		w := httptest.NewRecorder()
		server.ServeHTTP(w, r)
		return w.Body.String()
	}
}

// What the query costs is about what its answer holds.
func TestDashboardCost(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	query, err := json.Marshal(map[string]string{"query": dashboardQuery})
	if err != nil {
		t.Fatal(err)
	}
	refused := a.another(web.Config{Limits: web.Limits{Cost: 1}})(string(query))
	cost, _ := dig(t, refused, "errors.0.extensions.cost").(float64)
	var answer any
	if err := json.Unmarshal([]byte(a.do("admin", dashboardQuery, nil)), &answer); err != nil {
		t.Fatal(err)
	}
	if n := float64(fields(answer)); cost < n || cost > 10*n {
		t.Errorf("it costs %.0f, and its answer has %.0f fields", cost, n)
	}
}

// fields are those of an answer, at any depth.
func fields(v any) (n int) {
	switch v := v.(type) {
	case map[string]any:
		for _, x := range v {
			n += 1 + fields(x)
		}
	case []any:
		for _, x := range v {
			n += fields(x)
		}
	}
	return n
}
