package resolvers_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const (
	createAPIKey = `mutation($i: CreateApiKeyInput!) { createApiKey(input: $i) { apiKey { id name start role types operations user { username } createdBy { username } expiresAt lastUsedAt revokedAt version } key } }`
	revokeAPIKey = `mutation($i: RevokeApiKeyInput!) { revokeApiKey(input: $i) { apiKey { revokedAt version } } }`
)

// key makes an API key that then calls by this name.
func (a *api) key(by, name string, in vars) (id string) {
	a.t.Helper()
	full := vars{"name": name, "role": "EDITOR", "types": []string{"*"}, "operations": []string{"CREATE", "READ", "UPDATE", "DELETE"}}
	for k, v := range in {
		full[k] = v
	}
	made := a.get(by, createAPIKey, vars{"i": full}, "createApiKey").(map[string]any)
	a.tokens[name], _ = made["key"].(string)
	return made["apiKey"].(map[string]any)["id"].(string)
}

// What clients see of API keys.
func TestAPIKeys(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	expires := time.Now().Add(time.Hour).UTC().Format("2006-01-02T15:04:05.000Z")
	out := a.do("admin", createAPIKey, vars{"i": vars{"name": "Import", "role": "EDITOR", "types": []string{"Post", "Asset"}, "operations": []string{"READ", "UPDATE"}, "userId": a.ids["editor"], "expiresAt": expires}})
	key := dig(t, out, "data.createApiKey.key").(string)
	made := dig(t, out, "data.createApiKey.apiKey").(map[string]any)
	if want := fmt.Sprintf("map[createdBy:map[username:admin] expiresAt:%s id:%s lastUsedAt:<nil> name:Import operations:[READ UPDATE] revokedAt:<nil> role:EDITOR start:%s types:[Post Asset] user:map[username:editor] version:1]", expires, made["id"], key[:14]); fmt.Sprint(made) != want {
		t.Errorf("%v, want %s", made, want)
	}
	a.tokens["key"] = key
	post := a.get("author", `mutation { createPost(input: {title: "Draft"}) { post { id } } }`, nil, "createPost.post.id")
	read := `query($id: ID!) { post(id: $id) { title author { username } } viewer { id } dashboardSchema { types { name } } serverStatus { version } storageUsage { used } }`
	if out := a.do("key", read, vars{"id": post}); strings.Contains(out, "errors") || dig(t, out, "data.post.title") != "Draft" || dig(t, out, "data.post.author") != nil ||
		dig(t, out, "data.viewer") != nil || dig(t, out, "data.dashboardSchema") != nil || dig(t, out, "data.serverStatus") != nil || dig(t, out, "data.storageUsage") == nil {
		t.Errorf("it reads %s", out)
	}
	a.get("key", `mutation($id: ID!) { updatePost(input: {id: $id, title: "Changed"}) { post { title } } }`, vars{"id": post}, "updatePost.post.title")
	for name, c := range map[string]struct {
		document string
		vars     vars
		want     string
	}{
		"creates":             {`mutation { createPost(input: {title: "New"}) { post { id } } }`, nil, "FORBIDDEN"},
		"deletes":             {`mutation($id: ID!) { deletePost(input: {id: $id}) { deletedId } }`, vars{"id": post}, "FORBIDDEN"},
		"reads a user":        {`query($id: ID!) { user(id: $id) { id } }`, vars{"id": a.ids["editor"]}, "NOT_FOUND"},
		"reads by node":       {`query($id: ID!) { node(id: $id) { id } }`, vars{"id": a.ids["editor"]}, "NOT_FOUND"},
		"reads itself":        {`query($id: ID!) { apiKey(id: $id) { id } }`, vars{"id": made["id"]}, "NOT_FOUND"},
		"makes a key":         {createAPIKey, vars{"i": vars{"name": "x", "role": "MEMBER", "types": []string{"*"}, "operations": []string{"READ"}, "userId": a.ids["editor"]}}, "FORBIDDEN"},
		"ends another":        {revokeAPIKey, vars{"i": vars{"id": "apikey_0"}}, "FORBIDDEN"},
		"changes a password":  {`mutation { changePassword(input: {currentPassword: "correct horse", newPassword: "battery staple"}) { viewer { id } } }`, nil, "FORBIDDEN"},
		"signs out":           {`mutation { signOut(input: {everywhere: true}) { signedOutAt } }`, nil, "FORBIDDEN"},
		"takes all data":      {`{ exportMyData { json } }`, nil, "FORBIDDEN"},
		"deletes the account": {`mutation { deleteAccount(input: {password: "correct horse", content: KEEP}) { deletedUserId } }`, nil, "FORBIDDEN"},
	} {
		if got := a.code("key", c.document, c.vars); got != c.want {
			t.Errorf("it %s: %s", name, got)
		}
	}
	if n := len(a.get("key", `{ users { nodes { id } } }`, nil, "users.nodes").([]any)); n != 0 {
		t.Errorf("it lists %d users", n)
	}
	if len(a.get("editor", `{ apiKeys { nodes { id } } }`, nil, "apiKeys.nodes").([]any)) != 1 || len(a.get("author", `{ apiKeys { nodes { id } } }`, nil, "apiKeys.nodes").([]any)) != 0 {
		t.Error("who sees it")
	}
	a.get("editor", revokeAPIKey, vars{"i": vars{"id": made["id"], "expectedVersion": 1}}, "revokeApiKey.apiKey.revokedAt")
	if out := a.do("key", `{ __typename }`, nil); !strings.Contains(out, "UNAUTHENTICATED") || strings.Contains(out, key) {
		t.Errorf("after its end: %s", out)
	}
	// Its use is no record's change.
	if v := a.get("admin", `query($id: ID!) { apiKey(id: $id) { version } }`, vars{"id": made["id"]}, "apiKey.version"); v != 2.0 {
		t.Errorf("its version is %v", v)
	}
}

// Files are reached by keys of the type Asset alone, and an operation counts its store calls
// as one of a session does.
func TestAPIKeysAndFiles(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.key("admin", "posts", vars{"types": []string{"Post"}, "userId": a.ids["editor"]})
	a.key("admin", "files", vars{"types": []string{"Asset"}, "userId": a.ids["editor"]})
	a.key("admin", "itself", nil)
	promise := `mutation { createAssetUpload(input: {filename: "a.txt", contentType: "text/plain", size: 1, sha256: "` + strings.Repeat("0", 64) + `"}) { asset { id owner { id } } } }`
	for _, name := range []string{"posts", "itself"} {
		if got := a.code(name, promise, nil); got != "FORBIDDEN" {
			t.Errorf("the key of %s: %q", name, got)
		}
	}
	a.get("files", promise, nil, "createAssetUpload.asset.id")
	for _, name := range []string{"files", "editor"} {
		var n int64
		for range 20 { // between two requests a principal grows old, or a use is noted
			before := a.docs.calls.Load()
			a.get(name, `{ assets { nodes { id } } }`, nil, "assets.nodes")
			if n = a.docs.calls.Load() - before; n == 1 {
				break
			}
		}
		if n != 1 {
			t.Errorf("%s: %d store calls", name, n)
		}
	}
}

// A key that has expired is refused, and says so by its status.
func TestAPIKeyExpires(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.key("editor", "key", vars{"userId": a.ids["editor"], "expiresAt": time.Now().Add(time.Hour).Format(time.RFC3339)})
	a.get("key", `{ viewer { id } }`, nil, "viewer.id")
	a.offset.Add(int64(time.Hour + 5*time.Second))
	if c := a.code("key", `{ viewer { id } }`, nil); c != "UNAUTHENTICATED" {
		t.Errorf("%q", c)
	}
}
